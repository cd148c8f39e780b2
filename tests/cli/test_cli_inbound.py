"""`faxdispatch inbound`: which faxes came in, where each document is, and what can be done about it."""

import json
import re

import pytest

from faxdispatch.ledger import DocumentPlace, Inbox, Observation, Observations, Scripts

SENDER = "+14155552222"
LINK = "https://documents.example.com/a.pdf?key=secret"


@pytest.fixture
def inbox(redis, surroundings) -> Inbox:
    return Inbox(Scripts(redis))


@pytest.fixture
def receive(redis, surroundings):
    observations = Observations(Scripts(redis))

    def come_in(fax_id: str = "fax-1", status: str = "received", **facts) -> str:
        observations.record(
            Observation(
                f"{fax_id}-{status}",
                "d",
                f"fax.{status}",
                "webhook",
                fax_id=fax_id,
                status=status,
                outbound=False,
                sender=SENDER,
                media_url=LINK if status == "received" else None,
                page_count=2,
                **facts,
            )
        )
        return fax_id

    return come_in


@pytest.fixture
def given_up(inbox, receive):
    fax_id = receive("fax-given-up")
    for _ in range(3):
        inbox.failed(fax_id, kind="LinkRefused", problem="a private address", refused=True, give_up=1)
    return fax_id


def test_inbound_faxes_are_listed_with_their_state_those_that_need_a_person_first(cli, receive, given_up, inbox):
    receive("fax-2", partial=True)
    inbox.stored("fax-2", file="/in/fax-2.pdf", name="fax-2.pdf", sha256="aa", size=9, data="{}")
    receive("fax-3")
    receive("fax-4", "receiving")

    _, *lines = cli("inbound", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == [given_up, "fax-3", "fax-4", "fax-2"]
    assert "a private address" in lines[0]
    assert "partial" in lines[3]
    assert lines[3].endswith("stored: /in/fax-2.pdf")
    objects = [json.loads(line) for line in cli("inbound", "list", "--json", "--place", "stored").out.splitlines()]
    assert [(one["fax_id"], one["size"], one["partial_content"]) for one in objects] == [("fax-2", 9, True)]


@pytest.mark.parametrize("place", ["none", "removed"])
def test_an_unknown_state_is_refused(cli, place):
    result = cli("inbound", "list", "--place", place)
    assert result.code == 2
    assert "given_up" in result.err


def test_a_document_that_was_given_up_is_requested_again(cli, given_up, inbox):
    assert cli("inbound", "fetch", given_up).code == 0
    assert inbox.get(given_up).place is DocumentPlace.WANTED


def test_all_documents_that_were_given_up_are_requested_again(cli, given_up, inbox):
    assert cli("inbound", "fetch", "--given-up", "--json").json == {"outcome": "wanted", "fax_id": given_up}
    assert inbox.count(DocumentPlace.GIVEN_UP) == 0
    assert cli("inbound", "fetch", "--given-up").out == "no document was given up\n"


@pytest.mark.parametrize("words", [[], ["fax-1", "--given-up"]])
def test_what_to_fetch_must_be_chosen_in_exactly_one_way(cli, words):
    assert cli("inbound", "fetch", *words).code == 2


def test_the_workers_are_asked_for_a_listing(cli, redis):
    assert cli("inbound", "find", "--since", "2026-05-01T08:00:00-05:00").code == 0
    (message,) = redis.lrange("fax.control", 0, -1)
    assert json.loads(message)["headers"]["task"] == "fax.find.v1"


def test_a_moment_without_a_zone_is_refused(cli):
    result = cli("inbound", "find", "--since", "2026-05-01")
    assert (result.code, "time zone" in result.err) == (2, True)


def test_doctor_reports_whether_documents_can_be_stored_and_which_were_given_up(cli, given_up, tmp_path):
    def inbound(**variables):
        found = cli("doctor", "--json", **variables).json["findings"]
        return [(finding["level"], finding["detail"]) for finding in found if finding["name"] == "inbound"]

    assert inbound()[0][0] == "ok"
    assert [level for level, _ in inbound(FAX_INBOUND_DIR=str(tmp_path / "in"))] == ["ok", "warn"]
    (tmp_path / "file").write_text("")
    assert inbound(FAX_INBOUND_DIR=str(tmp_path / "file"))[0][0] == "fail"


def test_status_lists_documents_that_were_given_up_as_needing_attention(cli, given_up):
    assert "1 inbound document given up" in cli("status").out


def test_an_inbound_fax_is_shown_in_words_and_with_times_in_utc(cli, receive):
    receive("fax-2", partial=True)

    shown = cli("inbound", "show", "fax-2").out

    assert re.search(r"^first seen +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$", shown, re.MULTILINE)
    assert "only a part of it came through" in shown
    assert not re.search(r"^\w+_", shown, re.MULTILINE)
