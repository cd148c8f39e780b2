"""`faxdispatch canary` as far as it goes without workers; the rest: tests/flow/test_flow_canary.py."""

from faxdispatch.canary import course
from tests.conftest import free_port

OWN = "+13125550123"


def test_a_number_that_is_not_among_the_test_numbers_needs_a_yes(cli, telnyx):
    result = cli("canary", OWN, FAX_TEST_NUMBERS="+13125550124")

    assert result.code == 2
    assert "not among FAX_TEST_NUMBERS" in result.err
    assert "--yes" in result.err
    assert OWN not in result.err


def test_without_any_number_it_says_where_to_name_one(cli):
    result = cli("canary")

    assert result.code == 2
    assert "FAX_TEST_NUMBERS" in result.err


def test_a_number_where_no_fax_may_go_is_refused_before_anything_is_done(cli, telnyx, redis):
    result = cli("canary", FAX_TEST_NUMBERS="+442079460123", FAX_COUNTRIES="US")

    assert result.code == 2
    assert "FAX_COUNTRIES" in result.err
    assert not redis.exists("fax:events")


def test_missing_settings_are_the_first_broken_link_and_all_are_named(cli):
    result = cli("canary", "--json", FAX_TEST_NUMBERS=OWN)

    assert result.code == 1
    first, *rest = result.json["links"]
    assert (first["link"], first["mark"]) == ("settings", "broken")
    for name in ("TELNYX_API_KEY", "TELNYX_PUBLIC_KEY", "FAX_CONNECTION_ID"):
        assert name in first["detail"]
    assert {link["mark"] for link in rest} == {"untried"}


def test_a_sender_is_required(cli, telnyx):
    result = cli("canary", "--json", FAX_TEST_NUMBERS=OWN, FAX_FROM="")

    assert result.json["links"][0]["detail"] == "FAX_FROM: not set"


def test_an_unreachable_redis_is_the_broken_link(cli, telnyx):
    result = cli("canary", "--json", FAX_TEST_NUMBERS=OWN, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert result.code == 1
    assert [link["mark"] for link in result.json["links"][:3]] == ["ok", "broken", "untried"]
    assert "REDIS_URL" in result.json["links"][1]["remedy"]


def test_without_a_worker_nothing_is_sent(cli, telnyx, redis, monkeypatch):
    monkeypatch.setattr(course, "WORKER_WAIT", 0.0)
    result = cli("canary", "--json", FAX_TEST_NUMBERS=OWN)

    assert (result.code, result.json["job_id"]) == (1, None)
    links = {link["link"]: link for link in result.json["links"]}
    assert links["worker"]["mark"] == "broken"
    assert "start one" in links["worker"]["remedy"]
    assert {links[name]["mark"] for name in ("document", "job", "accepted")} == {"untried"}
    assert not redis.exists("fax:events")


def test_a_key_that_telnyx_refuses_breaks_the_document_and_records_no_fax(cli, telnyx, redis, ledger):
    seconds, _ = redis.time()
    redis.zadd("fax:workers", {"box": seconds * 1000})
    result = cli("canary", FAX_TEST_NUMBERS=OWN, TELNYX_API_KEY="KEY_OF_SOMEBODY_ELSE")

    assert result.code == 1
    assert "broken   document" in result.out
    assert "TELNYX_API_KEY" in result.out
    assert not redis.exists("fax:events")
    assert sum(ledger.counts().values()) == 0
