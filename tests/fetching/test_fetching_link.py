"""A foreign link is fetched completely or not at all, and a hostile one gains nothing."""

import errno
import gzip
import hashlib
import io
import itertools
import socket
import threading
from types import SimpleNamespace

import pytest

from faxdispatch.fetching import link, network
from faxdispatch.fetching.link import MOST_REDIRECTS, LinkExpired, LinkFailed, LinkRefused, Patience
from tests.fetching.harness import LIMIT, PUBLIC, Internet, make_links, reply

KEY = "X-Amz-Signature=c0ffee&to=+13125550123"
URL = f"https://documents.test/fax.pdf?{KEY}"
PATH = f"/fax.pdf?{KEY}"
DOCUMENT = b"%PDF-1.7\n" + bytes(range(256)) * 300 + b"\n%%EOF\n"
PRIVATE = [
    "127.0.0.1", "10.0.0.8", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fd00:ec2::254", "::ffff:10.0.0.8",
]  # fmt: skip


def hushed(error):
    """The text of an error, which must contain nothing secret."""
    text = f"{error!r} {error} {error.__cause__!r}"
    assert "c0ffee" not in text
    assert "5550123" not in text
    return text


def refused(links, url, into, *, error=LinkRefused):
    with pytest.raises(error) as caught:
        links.fetch(url, into)
    assert into.getvalue() == b"", "what is not fetched whole leaves nothing behind"
    return hushed(caught.value)


def redirect(to, status="302 Found"):
    return reply(status=status, Location=to)


class Endless:
    """Sends `first`, then `again` until the other side disconnects, and records that.

    Before each `again` it calls `between`.
    """

    def __init__(self, first, again, between=lambda: None):
        self.first, self.again, self.between = first, again, between
        self.given_up = threading.Event()

    def __call__(self, connection):
        try:
            connection.sendall(self.first)
            while True:
                self.between()
                connection.sendall(self.again)
        except OSError:
            self.given_up.set()


# What is fetched


def test_a_document_is_fetched_whole_and_its_file_holds_nothing_else(server, links, into):
    server.answers[PATH] = reply(DOCUMENT, content_type="application/pdf")

    fetched = links.fetch(URL, into)

    assert into.getvalue() == DOCUMENT
    assert (fetched.size, fetched.sha256) == (len(DOCUMENT), hashlib.sha256(DOCUMENT).hexdigest())
    assert fetched.content_type == "application/pdf"


def test_a_document_in_chunks_is_fetched_whole(server, links, into):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [DOCUMENT[i : i + 1000] for i in range(0, len(DOCUMENT), 1000)]
    server.answers[PATH] = head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"

    assert links.fetch(URL, into).size == len(DOCUMENT)
    assert into.getvalue() == DOCUMENT


def test_the_connection_goes_to_the_address_that_was_checked(server, links, internet, names, into):
    server.answers[PATH] = reply(DOCUMENT)

    links.fetch(URL, into)

    assert names.asked == ["documents.test"]
    assert internet.dialled == [(PUBLIC, 443)]


def test_the_next_address_is_tried_where_one_does_not_answer(server, links, internet, names, into):
    names.known["documents.test"] = ["2606:2800:220:1::1", PUBLIC]
    internet.dead.add("2606:2800:220:1::1")
    server.answers[PATH] = reply(DOCUMENT)

    links.fetch(URL, into)

    assert internet.dialled == [("2606:2800:220:1::1", 443), (PUBLIC, 443)]


def test_a_document_of_just_the_largest_size_is_fetched(server, internet, names, into):
    server.answers[PATH] = reply(DOCUMENT)

    assert make_links(internet, names, max_bytes=len(DOCUMENT)).fetch(URL, into).size == len(DOCUMENT)


def test_the_request_says_nothing_of_us_and_asks_for_the_document_as_it_is(server, links, into):
    server.answers[PATH] = reply(DOCUMENT)

    links.fetch(URL, into)

    (head,) = server.requests
    lines = head.lower().split("\r\n")
    assert "accept-encoding: identity" in lines
    assert {line.split(":")[0] for line in lines[1:] if line} == {
        "host", "user-agent", "accept", "accept-encoding", "connection",
    }  # fmt: skip


def test_a_full_disk_is_not_blamed_on_the_link(server, links):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    server.answers[PATH] = reply(DOCUMENT)

    with pytest.raises(OSError, match="No space left"):
        links.fetch(URL, Full())


# Where it leads


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_of_a_private_address_is_refused_before_a_connection(links, internet, names, into, address):
    names.known["documents.test"] = [address]

    refused(links, URL, into)

    assert internet.dialled == []


@pytest.mark.parametrize("order", [0, 1])
def test_a_name_with_a_public_and_a_private_address_is_refused(links, internet, names, into, order):
    names.known["documents.test"] = [PUBLIC, "10.0.0.8"] if order else ["10.0.0.8", PUBLIC]

    refused(links, URL, into)

    assert internet.dialled == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "169.254.169.254", "0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00:ec2::254]",
    ],
)  # fmt: skip
def test_a_private_address_in_place_of_a_name_is_refused_however_it_is_written(links, internet, into, host):
    refused(links, f"https://{host}/fax.pdf?{KEY}", into)

    assert internet.dialled == []


def test_a_name_that_resolves_differently_the_second_time_is_not_looked_up_again(server, links, internet, names, into):
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])

    class Turning(dict):
        def __getitem__(self, name):
            return next(answers)

    names.known = Turning(names.known)
    server.answers[PATH] = reply(DOCUMENT)

    links.fetch(URL, into)

    assert internet.dialled == [(PUBLIC, 443)]


def test_a_name_that_is_not_known_is_tried_again_later(links, into):
    assert "its name cannot be resolved (Name or service not known)" in refused(
        links, "https://nowhere.test/fax.pdf", into, error=LinkFailed
    )


def test_a_certificate_of_an_authority_that_is_not_trusted_is_not_accepted(server, internet, names, into):
    server.answers[PATH] = reply(DOCUMENT)

    text = refused(make_links(internet, names, trust=False), URL, into, error=LinkFailed)

    assert "CERTIFICATE_VERIFY_FAILED" in text
    assert server.requests == []


def test_a_certificate_for_another_name_is_not_accepted(server, links, names, into):
    names.known["impostor.test"] = [PUBLIC]

    text = refused(links, f"https://impostor.test/fax.pdf?{KEY}", into, error=LinkFailed)

    assert "CERTIFICATE_VERIFY_FAILED" in text
    assert server.requests == []


# Redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_to_a_public_server_is_followed(server, links, internet, into, status):
    server.answers[PATH] = redirect("https://elsewhere.test/b.pdf", status)
    server.answers["/b.pdf"] = reply(DOCUMENT)

    links.fetch(URL, into)

    assert into.getvalue() == DOCUMENT
    assert internet.dialled == [(PUBLIC, 443), ("2606:2800:220:1::1", 443)]


def test_a_redirect_may_be_relative(server, links, into):
    server.answers[PATH] = redirect("b.pdf")
    server.answers["/b.pdf"] = reply(DOCUMENT)

    links.fetch(URL, into)

    assert into.getvalue() == DOCUMENT


@pytest.mark.parametrize(
    "to",
    [
        "http://elsewhere.test/b.pdf", "http://127.0.0.1:6379/", "https://127.0.0.1/b.pdf", "https://[::1]/b.pdf",
        "https://169.254.169.254/latest/meta-data/", "https://inside.test/b.pdf",
        "https://user:secret@elsewhere.test/b.pdf", "https://elsewhere.test:22/b.pdf", "https://localhost/b.pdf",
        "//127.0.0.1/b.pdf", "file:///etc/passwd", "ftp://elsewhere.test/b.pdf",
        "https://elsewhere.test\\@127.0.0.1/b.pdf", "https://elsewhere.test/b c.pdf",
        "https://elsewhere.te\tst/b.pdf", "https://[elsewhere.test/b.pdf", "https://elsewhere.test/" + "a" * 9000,
    ],
)  # fmt: skip
def test_a_redirect_to_a_forbidden_address_is_refused(server, links, internet, names, into, to):
    names.known["inside.test"] = ["10.0.0.8"]
    server.answers[PATH] = redirect(to)

    refused(links, URL, into)

    assert internet.dialled == [(PUBLIC, 443)]


def test_a_redirect_into_the_private_network_at_its_last_step_is_refused(server, links, internet, names, into):
    names.known["inside.test"] = ["::ffff:192.168.1.1"]
    server.answers[PATH] = redirect("/1")
    server.answers["/1"] = redirect("https://elsewhere.test/2")
    server.answers["/2"] = redirect("https://inside.test/3")

    refused(links, URL, into)

    assert len(internet.dialled) == 3


def test_a_redirect_of_a_server_to_itself_is_checked_anew(server, links, internet, names, into):
    def turn(connection):
        names.known["documents.test"] = ["10.0.0.8"]
        connection.sendall(redirect("/b.pdf"))

    server.answers[PATH] = turn

    refused(links, URL, into)

    assert internet.dialled == [(PUBLIC, 443)]


def test_a_redirect_loop_is_given_up(server, links, into):
    server.answers |= {PATH: redirect("/again"), "/again": redirect(URL)}

    refused(links, URL, into)

    assert len(server.requests) == 1 + MOST_REDIRECTS


def test_three_redirects_are_followed(server, links, into):
    server.answers |= {PATH: redirect("/1"), "/1": redirect("/2"), "/2": redirect("/3"), "/3": reply(DOCUMENT)}

    assert links.fetch(URL, into).size == len(DOCUMENT)


def test_no_header_or_cookie_follows_a_redirect(server, links, into):
    server.answers[PATH] = reply(
        status="302 Found", Location="https://elsewhere.test/b.pdf", Set_Cookie="session=1; Domain=test"
    )
    server.answers["/b.pdf"] = reply(DOCUMENT)

    links.fetch(URL, into)

    second = server.requests[1].lower()
    assert "cookie" not in second
    assert "referer" not in second
    assert "c0ffee" not in second


@pytest.mark.parametrize(
    "answer",
    [reply(status="302 Found"), b"HTTP/1.1 302 Found\r\nLocation: /1\r\nLocation: /2\r\nContent-Length: 0\r\n\r\n"],
)
def test_a_redirect_without_a_location_is_not_an_answer(server, links, into, answer):
    server.answers[PATH] = answer

    refused(links, URL, into, error=LinkFailed)


# What it answers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_expired_link_has_its_own_error(server, links, into, status):
    server.answers[PATH] = reply(b"<Error><Code>AccessDenied</Code></Error>", status=f"{status} No")

    assert f"answered {status}" in refused(links, URL, into, error=LinkExpired)


@pytest.mark.parametrize("status", [201, 202, 204, 206, 300, 304, 405, 408, 418, 429, 451, 500, 502, 503, 504, 999])
def test_every_other_answer_is_tried_again_later(server, links, into, status):
    server.answers[PATH] = reply(b"" if status in {204, 304} else DOCUMENT, status=f"{status} Odd")

    assert f"answered {status}" in refused(links, URL, into, error=LinkFailed)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "identity, gzip"])
def test_an_encoded_answer_is_refused(server, links, into, encoding):
    server.answers[PATH] = reply(gzip.compress(bytes(LIMIT)), content_encoding=encoding)

    refused(links, URL, into)


def test_a_document_announced_as_too_large_is_refused_before_it_is_read(server, links, into):
    server.answers[PATH] = f"HTTP/1.1 200 OK\r\nContent-Length: {LIMIT + 1}\r\n\r\n".encode()

    assert f"larger than {LIMIT} bytes" in refused(links, URL, into)


def test_a_document_that_turns_out_too_large_is_abandoned(server, links, into):
    endless = Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + bytes(0x2000) + b"\r\n")
    server.answers[PATH] = endless

    assert f"larger than {LIMIT} bytes" in refused(links, URL, into)
    assert endless.given_up.wait(60)


def test_bytes_after_the_announced_length_are_ignored(server, links, into):
    server.answers[PATH] = f"HTTP/1.1 200 OK\r\nContent-Length: {len(DOCUMENT)}\r\n\r\n".encode() + DOCUMENT + b"more"

    assert links.fetch(URL, into).size == len(DOCUMENT)
    assert into.getvalue() == DOCUMENT


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(DOCUMENT)[:-1], ""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%PDF-\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + DOCUMENT, "without a length"),
    ],
    ids=["body", "chunks", "no length"],
)
def test_what_may_be_truncated_is_not_a_document(server, links, into, answer, why):
    server.answers[PATH] = answer

    assert why in refused(links, URL, into, error=LinkFailed)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"-ERR unknown command 'GET'\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc",
        b"HTTP/1.1 200 OK\r\nbad header " + b"x" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 50_000 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 200_000 + b"\r\n%PDF-\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * 50_000 + b"\r\n",
    ],
    ids=itertools.count(),
)
def test_malformed_http_is_not_an_answer(server, links, into, answer):
    server.answers[PATH] = answer

    with pytest.raises(LinkFailed) as caught:
        links.fetch(URL, into)

    assert into.getvalue() == b""
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["body", "chunks", "headers", "hints"],
)
def test_a_dripping_server_is_abandoned_at_the_total_time_out(server, internet, names, into, monkeypatch, first, again):
    minutes = []
    clock = SimpleNamespace(monotonic=lambda: 60.0 * len(minutes))
    monkeypatch.setattr(link, "time", clock)
    monkeypatch.setattr(network, "time", clock)
    drip = Endless(first, again, between=lambda: minutes.append(1))
    server.answers[PATH] = drip
    within_two_minutes = Patience(connect=60, read=60, total=120)

    text = refused(make_links(internet, names, patience=within_two_minutes), URL, into, error=LinkFailed)

    assert "Timeout" in text
    assert drip.given_up.wait(60)


def test_a_silent_server_is_abandoned_at_the_total_time_out(server, internet, names, into):
    server.answers[PATH] = lambda connection: connection.recv(1)
    brief = Patience(connect=10, read=600, total=2)

    assert "ReadTimeout" in refused(make_links(internet, names, patience=brief), URL, into, error=LinkFailed)


def test_no_connection_is_opened_after_the_total_time_out(internet, names, into):
    over = Patience(total=-1)

    assert "ConnectTimeout" in refused(make_links(internet, names, patience=over), URL, into, error=LinkFailed)
    assert internet.dialled == []


def test_a_silent_server_is_abandoned(server, internet, names, into):
    listening = threading.Event()
    server.answers[PATH] = lambda connection: (connection.recv(1), listening.set())
    brief = Patience(connect=10, read=0.1, total=10)

    assert "ReadTimeout" in refused(make_links(internet, names, patience=brief), URL, into, error=LinkFailed)
    assert listening.wait(60)


def test_a_server_that_never_begins_tls_is_abandoned(served, names, into):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        links = make_links(Internet(mute.getsockname()[1]), names, patience=Patience(connect=0.1))

        assert "ConnectTimeout" in refused(links, URL, into, error=LinkFailed)


def test_a_server_without_tls_is_abandoned(names, into):
    def talk():
        with listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            refused(make_links(Internet(listener.getsockname()[1]), names), URL, into, error=LinkFailed)
        finally:
            thread.join(60)


# Through a proxy


@pytest.fixture
def proxy(served, server, monkeypatch):
    """A proxy named in the environment, which leads every request to the test's server."""
    proxy = served(tls=False)

    def tunnel(connection):
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)) as inner:
            back = threading.Thread(target=pump, args=(inner, connection))
            back.start()
            pump(connection, inner)
            back.join(60)

    proxy.answers["documents.test:443"] = tunnel
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
    return proxy


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_through_a_proxy_the_document_comes_whole_and_the_proxy_resolves_the_name(server, proxy, names, into):
    server.answers[PATH] = reply(DOCUMENT)

    make_links(None, names).fetch(URL, into)

    assert into.getvalue() == DOCUMENT
    assert names.asked == []
    assert proxy.requests[0].startswith("CONNECT documents.test:443 ")
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz" in proxy.requests[0]
    assert "proxy-authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost", "redis", "a.internal"])
def test_a_proxy_is_not_asked_for_a_private_host(proxy, names, into, host):
    refused(make_links(None, names), f"https://{host}/fax.pdf?{KEY}", into)

    assert proxy.requests == []


def test_a_redirect_into_the_private_network_is_refused_through_a_proxy_too(server, proxy, names, into):
    server.answers[PATH] = redirect("https://169.254.169.254/latest/")

    refused(make_links(None, names), URL, into)

    assert len(proxy.requests) == 1


def test_a_host_that_needs_no_proxy_is_reached_directly_and_checked(proxy, internet, names, into, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "documents.test")
    names.known["documents.test"] = ["10.0.0.8"]

    refused(make_links(internet, names), URL, into)

    assert proxy.requests == []


def test_a_proxys_refusal_is_reported(proxy, names, into):
    proxy.answers["documents.test:443"] = reply(status="403 Forbidden")

    assert "403" in refused(make_links(None, names), URL, into, error=LinkFailed)


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1080", "http://", "http://h:port"])
def test_a_proxy_that_cannot_be_used_is_reported_by_its_variable(names, into, monkeypatch, address):
    monkeypatch.setenv("HTTPS_PROXY", address)

    assert "HTTPS_PROXY" in refused(make_links(None, names), URL, into, error=LinkFailed)


# A simulated Telnyx


def test_an_excepted_origin_is_fetched_unchecked(served, names, into):
    plain = served(tls=False)
    plain.answers["/fax.pdf"] = reply(DOCUMENT)
    origin = f"http://127.0.0.1:{plain.port}"

    assert make_links(None, names, unchecked=[origin]).fetch(f"{origin}/fax.pdf", into).size == len(DOCUMENT)


def test_another_port_of_an_excepted_host_is_not_excepted(served, names, into):
    plain = served(tls=False)

    refused(make_links(None, names, unchecked=[f"http://127.0.0.1:{plain.port}"]), "http://127.0.0.1:1/a.pdf", into)


def test_an_excepted_origin_may_redirect_to_itself_and_to_no_other_private_address(served, names, into):
    plain, other = served(tls=False), served(tls=False)
    origins = [f"http://127.0.0.1:{plain.port}", f"http://127.0.0.1:{other.port}"]
    plain.answers = {"/1": redirect("/2"), "/2": reply(DOCUMENT), "/3": redirect(f"{origins[1]}/4")}
    links = make_links(None, names, unchecked=origins)

    assert links.fetch(f"{origins[0]}/1", into).size == len(DOCUMENT)
    refused(links, f"{origins[0]}/3", into)
    assert other.requests == []


def test_a_link_from_outside_cannot_lead_to_an_excepted_origin(server, served, internet, names, into):
    plain = served(tls=False)
    origin = f"http://127.0.0.1:{plain.port}"
    server.answers[PATH] = redirect(f"{origin}/fax.pdf")

    refused(make_links(internet, names, unchecked=[origin]), URL, into)

    assert plain.requests == []
