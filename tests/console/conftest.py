"""A console on an empty ledger, and browsers' doubles that are signed in to it."""

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from console.app import create_app
from console.desk import Desk
from console.signin import limiter
from faxdispatch import users as access
from faxdispatch.settings import Settings
from faxdispatch.users import Role, Users

PASSWORD = "correct horse battery"
NUMBER = "+14155550187"


class Browser:
    """A client that keeps its cookies, and fills in forms as they are on the page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options) -> TestResponse:
        return self.client.get(path, **options)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self, path: str = "/sign-in") -> str:
        return re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)[1]

    def post(self, path: str, **fields) -> TestResponse:
        """Post a form with the token of this session; return the page that it leads to."""
        return self.client.post(path, data={"csrf_token": self.token(), **fields}, follow_redirects=True)

    def sign_in(self, name: str, password: str = PASSWORD, **more) -> TestResponse:
        return self.client.post(
            "/sign-in", data={"csrf_token": self.token(), "name": name, "password": password, **more}
        )


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of an operator and a viewer. Their passwords have quick hashes, while real ones are slow on purpose."""
    path = tmp_path_factory.mktemp("users") / "users.json"
    users = Users(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "generate_password_hash", partial(generate_password_hash, method="scrypt:1024:8:1"))
        users.add("olga", PASSWORD, Role.OPERATOR)
        users.add("vera", PASSWORD, Role.VIEWER)
    return path


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates that a test before has compiled."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def users(both: Path, tmp_path: Path) -> Users:
    (tmp_path / "data").mkdir()
    return Users(Path(shutil.copy(both, tmp_path / "data" / "console-users.json")))


@pytest.fixture
def build(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: FileSystemBytecodeCache
) -> Callable[..., Flask]:
    """Builds the app with settings of the test's."""

    def made(**settings) -> Flask:
        monkeypatch.chdir(tmp_path)
        limiter.reset() if limiter.enabled and getattr(limiter, "_storage", None) else None
        given = {
            "redis_url": redis_url,
            "fax_data_dir": tmp_path / "data",
            "fax_default_region": "US",
            "fax_connection_id": "c",
            "fax_from": "+14155550199",
            **settings,
        }
        app = create_app(Settings.load(**given))
        app.jinja_env.bytecode_cache = compiled
        return app

    return made


@pytest.fixture
def app(build: Callable[..., Flask], users: Users) -> Flask:
    return build()


@pytest.fixture
def desk(app: Flask) -> Desk:
    return app.extensions["desk"]


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def operator(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    assert browser.sign_in("olga").status_code == 303
    return browser


@pytest.fixture
def viewer(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    assert browser.sign_in("vera").status_code == 303
    return browser
