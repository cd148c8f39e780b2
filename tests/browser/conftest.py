"""A real browser on a whole installation: Debian's Chromium, or another of that family, driven by Playwright.

Without one these tests are skipped, unless BROWSER_TESTS=required. CHROMIUM names one that is elsewhere.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from faxdispatch.users import Role, Users
from tests.flow.harness import Flow, installation

PASSWORD = "correct horse battery"
NO_BROWSER = "no browser: install Debian's package chromium, or name one in CHROMIUM"
PATIENCE = 150_000
"""Milliseconds that anything on a page may take. This is for busy machines and is not a promise."""
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.flow)
            # One browser and one installation for all of them.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def flow(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """An installation whose faxes go slowly enough to be paused."""
    folder: Path = tmp_path_factory.mktemp("console")
    users = Users(folder / "console-users.json")
    users.add("olga", PASSWORD, Role.OPERATOR)
    users.add("vera", PASSWORD, Role.VIEWER)
    settings = {
        "FAX_CHANNELS": "3",
        "FAX_DEFAULT_REGION": "US",
        "FAX_MAX_ATTEMPTS": "1",
        "FAX_TEST_NUMBERS": "+13125550101",
        "FAX_INBOUND_DIR": str(folder / "inbound"),
        "FAX_DATA_DIR": str(folder),
    }
    with installation(folder, console=True, **settings) as flow:
        yield flow


@pytest.fixture
def context(chromium: Browser, flow: Flow) -> Iterator[Callable[..., BrowserContext]]:
    """Opens contexts, each like a separate browser."""
    opened: list[BrowserContext] = []

    def new(**options) -> BrowserContext:
        made = chromium.new_context(base_url=flow.console, **{"viewport": {"width": 1100, "height": 900}} | options)
        made.set_default_timeout(PATIENCE)
        opened.append(made)
        return made

    yield new
    for one in opened:
        one.close()


@pytest.fixture
def sign_in(context: Callable[..., BrowserContext], flow: Flow) -> Callable[..., Page]:
    """Signs somebody in, and checks that pages load nothing from elsewhere, log no errors and open no windows."""

    def made(name: str = "olga", **options) -> Page:
        page = context(**options).new_page()
        page.on("request", lambda sent: _own(sent.url, flow.console))
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.on("dialog", lambda dialog: pytest.fail(f"a page opened a dialog: {dialog.message}"))
        page.on("console", lambda said: _quiet(said.text))
        page.goto("/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page

    return made


def _own(url: str, console: str) -> None:
    assert url.startswith((console, "data:")), url


def _quiet(text: str) -> None:
    assert not re.search(r"content security policy|refused to", text, re.IGNORECASE), text
