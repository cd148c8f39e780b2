"""The configurations of proxies as shipped, except for ports and certificates, with the real programs."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from faxdispatch.serving import Bounds, Server, listen
from faxdispatch.settings import Settings
from faxdispatch.testing import Signer, telnyx_event
from tests.conftest import eventually, free_port
from webhook.app import BOUNDS, create_apps

PROXIES = Path(__file__).resolve().parents[2] / "deploy" / "proxy"
SIGNER = Signer()
NAMES = ("fax", "console")


@dataclass(frozen=True)
class Ports:
    """Where the proxy listens, and where the two servers behind it do."""

    proxy: int
    fax: int
    console: int


def changed(text: str, changes: dict[str, str]) -> str:
    """Replace ports and certificates by those of this test; each must occur."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, ports: Ports) -> tuple[list[str], dict[str, str]]:
    authority = trustme.CA()
    changes = {
        "    listen [::]:443 ssl;\n": "",
        "    listen [::]:80;\n": "",
        "listen 443 ssl": f"listen 127.0.0.1:{ports.proxy} ssl",
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "127.0.0.1:8080": f"127.0.0.1:{ports.fax}",
        "127.0.0.1:8090": f"127.0.0.1:{ports.console}",
        "/etc/ssl/faxdispatch": str(folder),
    }
    for name in NAMES:
        certificate = authority.issue_cert(f"{name}.example.com")
        certificate.private_key_pem.write_to_path(folder / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    (folder / "site.conf").write_text(changed((PROXIES / "nginx.conf").read_text(), changes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}include {folder}/site.conf;\n}}\n"
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")], {}


def caddy(folder: Path, ports: Ports) -> tuple[list[str], dict[str, str]]:
    ours = f"admin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {free_port()}\n\tdefault_bind 127.0.0.1"
    text = changed((PROXIES / "Caddyfile").read_text(), {"{\n\tservers {": f"{{\n\t{ours}\n\tservers {{"})
    (folder / "Caddyfile").write_text(text)
    settings = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PUBLIC_HOST": f"fax.example.com:{ports.proxy}",
        "CONSOLE_HOST": f"console.example.com:{ports.proxy}",
        "WEB": f"127.0.0.1:{ports.fax}",
        "CONSOLE": f"127.0.0.1:{ports.console}",
    }
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], settings


def seen(environ, start_response):
    """Take the place of the console: return the received request."""
    facts = {
        "address": environ["REMOTE_ADDR"],
        "host": environ["HTTP_HOST"].partition(":")[0],
        "secret": environ.get("HTTP_X_CONSOLE_SECRET", ""),
        "user": environ.get("HTTP_X_FORWARDED_USER", ""),
        "length": str(len(environ["wsgi.input"].read())),
    }
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\n".join(f"{name}={text}" for name, text in facts.items()).encode()]


class Front:
    """A running proxy, spoken to as a client from outside."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._client = httpx.Client(verify=False, trust_env=False, timeout=60)

    def ask(self, host: str, path: str, method: str = "GET", **options) -> httpx.Response:
        headers = {"Host": f"{host}:{self._port}"} | options.pop("headers", {})
        url = f"https://127.0.0.1:{self._port}{path}"
        return self._client.request(method, url, headers=headers, extensions={"sni_hostname": host}, **options)

    def close(self) -> None:
        self._client.close()

    def answers(self) -> bool:
        try:
            return self.ask("fax.example.com", "/healthz").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, redis_url: str, unhurried: None, tmp_path: Path) -> Iterator[Front]:
    build: Callable[[Path, Ports], tuple[list[str], dict[str, str]]] = request.param
    if not shutil.which(build.__name__, path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip(f"no {build.__name__} here: install Debian's package to have its configuration tested")
    settings = Settings(redis_url=redis_url, telnyx_public_key=(SIGNER.public_key,))
    fax = Server(create_apps(settings).public, listen("127.0.0.1", 0), BOUNDS)
    console = Server(seen, listen("127.0.0.1", 0), Bounds(2, 50, 20, 10_000_000), proxy="127.0.0.1")
    for server in (fax, console):
        server.run_aside()
    ports = Ports(free_port(), fax.port, console.port)
    command, surroundings = build(tmp_path, ports)
    path = {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=path | surroundings, stdout=out, stderr=out)
    threading.Thread(target=process.wait, daemon=True).start()
    running = Front(ports.proxy)
    try:
        eventually(lambda: running.answers() or process.returncode is not None)
        assert process.returncode is None, log.read_text()
        yield running
    finally:
        running.close()
        process.terminate()
        process.wait(60)
        fax.close()
        console.close()


def test_only_webhooks_pass_the_proxy(front: Front):
    request = SIGNER.request(telnyx_event())
    answer = front.ask("fax.example.com", "/webhooks/telnyx", "POST", content=request.body, headers=request.headers)
    assert (answer.status_code, answer.content) == (200, b"")
    pieces = (request.body[at : at + 100] for at in range(0, len(request.body), 100))
    in_chunks = front.ask("fax.example.com", "/webhooks/telnyx", "POST", content=pieces, headers=request.headers)
    assert in_chunks.status_code == 200
    assert front.ask("fax.example.com", "/webhooks/telnyx", "POST", content=b"{}").status_code == 401
    for path in ("/", "/metrics", "/readyz", "/webhooks/telnyx/", "/sign-in"):
        assert front.ask("fax.example.com", path).status_code == 404

    long = front.ask("fax.example.com", "/webhooks/telnyx", "POST", content=b"x" * 300_000, headers=request.headers)
    # Caddy 2.6 answers 502 if a body is cut off while it is passed on.
    assert long.status_code in (413, 502)

    claims = {"X-Forwarded-For": "198.51.100.1", "X-Console-Secret": "a secret of theirs", "X-Forwarded-User": "anna"}
    response = front.ask("console.example.com", "/faxes", "POST", content=b"x" * 1_000_000, headers=claims).text
    assert dict(line.split("=") for line in response.splitlines()) == {
        "address": "127.0.0.1",
        "host": "console.example.com",
        "secret": "",
        "user": "",
        "length": "1000000",
    }
