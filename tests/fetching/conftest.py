"""Servers and links for tests of foreign documents."""

import io
import ssl

import pytest

from tests.fetching.harness import CERTIFICATES, Internet, Names, Server, make_links


@pytest.fixture
def served():
    """Start servers; return a function that starts one, with TLS or without."""
    started = []

    def start(*, tls=True):
        context = None
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATES / "server.pem")
        started.append(Server(context))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def server(served):
    return served()


@pytest.fixture
def internet(server):
    return Internet(server.port)


@pytest.fixture
def names():
    return Names()


@pytest.fixture
def links(internet, names):
    return make_links(internet, names)


@pytest.fixture
def into():
    """A file with content of an earlier try."""
    file = io.BytesIO(b"left by an earlier try" * 1000)
    file.seek(0, io.SEEK_END)
    return file
