"""Who may see and do what: strangers nothing, viewers no numbers and actions, forged requests never."""

import json
import logging

import pytest
from werkzeug.routing import Rule

from console.headers import POLICY
from faxdispatch.errors import BadInput, Conflict, Misconfigured, NotKnown
from faxdispatch.jobs import SendFax
from faxdispatch.states import State
from faxdispatch.users import Role, Users
from tests.console.conftest import NUMBER, PASSWORD, Browser

OPEN_TO_ALL = {"/sign-in", "/healthz", "/static/<path:filename>"}


def address(rule: Rule) -> str:
    values = {name: 1 if "int:" in str(rule) and name in {"number", "page"} else "x" for name in rule.arguments}
    return rule.build(values, append_unknown=False)[1]


def rules(app, method):
    return [rule for rule in app.url_map.iter_rules() if method in rule.methods and rule.rule not in OPEN_TO_ALL]


def test_every_page_asks_a_stranger_to_sign_in_and_shows_nothing(app, stranger):
    found = {rule.rule: stranger.get(address(rule)) for rule in rules(app, "GET")}
    assert len(found) > 10
    assert {answer.status_code for answer in found.values()} == {302}
    assert all(answer.location.startswith("/sign-in") for answer in found.values())


def test_strangers_and_viewers_can_do_no_action(app, stranger, viewer):
    actions = [rule for rule in rules(app, "POST") if rule.rule != "/sign-out"]
    assert len(actions) > 8
    assert {stranger.post(address(rule)).status_code for rule in actions} == {401}
    assert {viewer.post(address(rule)).status_code for rule in actions} == {403}


def test_the_ledger_is_untouched_by_a_viewer_who_tries(desk, viewer):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    assert viewer.post("/faxes/j/cancel", reason="because").status_code == 403
    assert desk.ledger.job("j").state is State.QUEUED


def test_a_form_without_the_sessions_token_is_refused(desk, operator):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    forged = operator.client.post("/faxes/j/cancel", data={"reason": "x"})
    assert forged.status_code == 400
    assert desk.ledger.job("j").state is State.QUEUED
    assert operator.client.post("/faxes/j/cancel", data={"reason": "x", "csrf_token": "1"}).status_code == 400


def test_a_token_of_another_session_is_refused(app, desk, operator):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    token = Browser(app.test_client()).token()
    assert operator.client.post("/faxes/j/cancel", data={"reason": "x", "csrf_token": token}).status_code == 400
    assert desk.ledger.job("j").state is State.QUEUED


def test_a_page_can_load_nothing_from_elsewhere_and_be_framed_nowhere(operator):
    headers = operator.get("/").headers
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("url", "secure"), [(None, False), ("https://fax.example.com", True)])
def test_the_session_is_for_http_alone_and_behind_https_for_that_alone(build, users, url, secure):
    app = build(fax_console_url=url)
    browser = Browser(app.test_client())
    browser.client.environ_base["wsgi.url_scheme"] = "https" if url else "http"
    browser.client.environ_base["HTTP_HOST"] = "fax.example.com" if url else "localhost"
    browser.client.environ_base["HTTP_REFERER"] = "https://fax.example.com/sign-in"
    options = {"base_url": url or "http://localhost"}
    token = browser.client.get("/sign-in", **options).text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "name": "olga", "password": PASSWORD}
    cookie = browser.client.post("/sign-in", data=form, **options).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure


def test_a_request_for_another_host_name_is_refused(operator):
    assert operator.get("/", headers={"Host": "evil.example"}).status_code == 400
    # Health checks ask by IP address, even if the console has a name.
    assert operator.get("/healthz", headers={"Host": "10.1.2.3:8090"}).status_code == 200


def test_a_wrong_password_is_reported_without_saying_which_of_the_two_is_wrong(stranger):
    wrong, unknown = stranger.sign_in("olga", "nonsense"), stranger.sign_in("nobody", "nonsense")
    assert wrong.status_code == unknown.status_code == 401
    assert "Name or password is wrong" in wrong.text
    assert "Name or password is wrong" in unknown.text


def test_wrong_passwords_are_throttled_and_signing_in_is_not(app, stranger):
    for _ in range(3):
        assert Browser(app.test_client()).sign_in("olga").status_code == 303
    answers = [stranger.sign_in("olga", f"guess {n}").status_code for n in range(11)]
    assert answers == [401] * 10 + [429]
    assert stranger.sign_in("olga").status_code == 429


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_leads_only_to_our_own_pages(stranger, onward):
    assert stranger.sign_in("olga", next=onward).location == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(stranger):
    where = stranger.get("/faxes/j?full=1").location
    assert where == "/sign-in?next=/faxes/j?full%3D1"
    assert stranger.sign_in("olga", next="/faxes/j?full=1").location == "/faxes/j?full=1"


def test_a_session_ends_with_the_password_with_the_user_and_with_signing_out(app, users, operator):
    operator.text("/")
    users.change("olga", password="another long password")
    assert operator.get("/").status_code == 302

    assert operator.sign_in("olga", "another long password").status_code == 303
    operator.post("/sign-out")
    assert operator.get("/").status_code == 302

    assert operator.sign_in("olga", "another long password").status_code == 303
    users.remove("olga")
    assert operator.get("/").status_code == 302


def test_a_new_role_applies_from_the_next_page_on(users, operator, desk):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    users.change("olga", role=Role.VIEWER)
    assert operator.post("/faxes/j/cancel", reason="x").status_code == 403


def test_numbers_are_masked_and_a_look_at_them_in_full_is_logged(desk, operator, viewer, caplog):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    caplog.set_level(logging.INFO)
    for browser in (operator, viewer):
        for path in ("/faxes/j", "/", "/faxes/?state=queued"):
            assert NUMBER not in browser.text(path)
    assert "saw numbers" not in caplog.text

    assert NUMBER in operator.text("/faxes/j?full=1")
    assert "'olga' saw numbers in full: '/faxes/j'" in caplog.text
    assert NUMBER not in caplog.text
    assert viewer.get("/faxes/j?full=1").status_code == 403


def test_a_proxy_that_proves_itself_names_the_user(build, desk):
    app = build(fax_console_proxy_secret="a secret of the proxy", fax_console_operators=("ann",))
    asked = {"X-Console-Secret": "a secret of the proxy", "X-Forwarded-User": "ann"}
    client = app.test_client()
    assert 'ann <span class="badge">operator' in client.get("/", headers=asked).text
    assert 'ben <span class="badge">viewer' in client.get("/", headers=asked | {"X-Forwarded-User": "ben"}).text
    for wrong in ({"X-Console-Secret": "guess"}, {"X-Forwarded-User": ""}):
        assert client.get("/", headers=asked | wrong).status_code == 302
    assert client.get("/", headers={"X-Forwarded-User": "ann"}).status_code == 302


def test_without_a_secret_the_proxys_headers_are_ignored(app):
    asked = {"X-Console-Secret": "", "X-Forwarded-User": "olga"}
    assert app.test_client().get("/", headers=asked).status_code == 302


def test_the_file_of_users_is_private_and_holds_no_password(users, tmp_path):
    path = tmp_path / "data" / "console-users.json"
    assert path.stat().st_mode & 0o077 == 0
    assert PASSWORD not in path.read_text()
    assert {name: facts["role"] for name, facts in json.loads(path.read_text())["users"].items()} == {
        "olga": "operator",
        "vera": "viewer",
    }


def test_a_user_is_removed_by_command_only_after_confirmation(cli, users, tmp_path):
    folder = str(tmp_path / "data")
    refused = cli("console", "user", "remove", "vera", FAX_DATA_DIR=folder)
    assert (refused.code, "add --yes" in refused.err) == (2, True)
    assert users.get("vera")

    assert cli("console", "user", "remove", "vera", "--yes", FAX_DATA_DIR=folder).code == 0
    assert users.get("vera") is None


def test_users_are_refused_with_a_reason(users):
    with pytest.raises(BadInput, match="12 to 200"):
        users.add("short", "too short", Role.VIEWER)
    with pytest.raises(BadInput, match="letters, digits"):
        users.add("../x", PASSWORD, Role.VIEWER)
    with pytest.raises(Conflict):
        users.add("olga", PASSWORD, Role.VIEWER)
    with pytest.raises(NotKnown):
        users.remove("nobody")


def test_a_damaged_file_of_users_admits_no_one(tmp_path):
    (tmp_path / "users.json").write_text("{")
    with pytest.raises(Misconfigured, match="users of the console"):
        Users(tmp_path / "users.json").get("olga")
