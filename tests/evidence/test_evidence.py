"""An evidence pack shows why each fax was allowed and its result, and reveals every later change."""

import json
import zipfile
from pathlib import Path

import pytest

from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.evidence import verify

NUMBER = "+14155550177"
DOCUMENT = f"fd-{'ab' * 32}.pdf"


def lines(path, name):
    with zipfile.ZipFile(path) as packed:
        return [json.loads(line) for line in packed.read(name).decode().splitlines()]


@pytest.fixture
def sent(client, desk):
    """A campaign of two rows, one delivered with its job expired, one not begun; a third was left out."""
    client.suppressions.add("+14155550100", reason="asked")
    rows = [
        {"Clinic": "A", "Fax": NUMBER, "Consent": "by letter"},
        {"Clinic": "B", "Fax": "+14155550178", "Consent": ""},
        {"Clinic": "C", "Fax": "+14155550100", "Consent": ""},
    ]
    client.campaigns.create(rows, campaign_id="recall", media_name=DOCUMENT, document_name="recall letter.pdf")
    client.campaigns.start("recall", operator="ada")
    desk.feed(1, name="recall")
    desk.send("recall-1")
    desk.report("recall-1", "delivered", pages=1, seconds=60)
    desk.redis.delete("fax:job:recall-1")
    return "recall"


def test_a_campaigns_pack_shows_why_each_fax_was_allowed_and_its_result(client, sent, tmp_path):
    packed = client.evidence(tmp_path / "e.zip", campaign_id=sent)

    assert verify(packed.path).key == packed.key
    one, two = lines(packed.path, "faxes.jsonl")
    assert (one["to"], one["state"]) == (NUMBER, "delivered")
    assert (one["document"]["name"], one["document"]["sha256"]) == ("recall letter.pdf", "ab" * 32)
    assert (one["document"]["given"], one["document"]["pages_sent"]) == ("uploaded", 1)
    assert (one["allowed"]["row"], one["allowed"]["line"]) == (1, 2)
    assert one["allowed"]["consent"] == {"Consent": "by letter"}
    assert one["allowed"]["suppression_list"]["version"] == 1
    [attempt] = one["attempts_made"]
    assert (attempt["fax_id"], attempt["ends"][0]["event"]) == ("recall-1-1", "fax.delivered")
    assert attempt["began_at"] <= attempt["ends"][0]["at"]
    assert (two["state"], two["attempts_made"]) == ("pending", [])
    [left] = lines(packed.path, "left-out.jsonl")
    assert (left["row"], left["not_faxed"]) == (3, "suppressed")
    events = lines(packed.path, "events.jsonl")
    assert [event["type"] for event in events if event["job_id"] == "recall-1"][-1] == "fax.delivered"
    with zipfile.ZipFile(packed.path) as file:
        assert json.loads(file.read("campaign.json"))["started_by"] == "ada"


def test_faxes_that_were_found_have_a_pack_too(cli, client, desk, sent, tmp_path):
    single = client.send(to=NUMBER, media_name="letter").job_id
    path = tmp_path / "found.zip"

    result = cli("find", "--number", NUMBER, "--evidence", str(path))

    assert result.out.startswith(f"{path}: 2 faxes, ")
    first, row = lines(path, "faxes.jsonl")
    assert (first["job_id"], row["job_id"]) == (single, "recall-1")
    assert row["attempts_made"][0]["fax_id"] == "recall-1-1"
    assert cli("evidence", str(path)).code == 0


def test_the_pack_says_that_a_linked_document_was_not_read_here(client, desk, tmp_path):
    client.send(to=NUMBER, media_url="https://files.example.com/referral.pdf")
    path = client.evidence(tmp_path / "link.zip", client.find(number=NUMBER)).path
    [fax] = lines(path, "faxes.jsonl")
    assert (fax["document"]["given"], fax["document"]["sha256"]) == ("as a link", None)
    assert "not read here" in fax["document"]["what_is_known"]


def test_without_a_fax_there_is_no_pack(cli, tmp_path):
    path = tmp_path / "found.zip"
    result = cli("find", "--number", NUMBER, "--evidence", str(path))
    assert result.code == 1
    assert "is not written" in result.err
    assert not path.exists()


def test_every_change_to_a_pack_is_detected(client, sent, tmp_path, cli):
    path = client.evidence(tmp_path / "e.zip", campaign_id=sent).path
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}

    def changed(name, **instead):
        other = tmp_path / name
        with zipfile.ZipFile(other, "w") as packed:
            for part, content in (parts | instead).items():
                packed.writestr(part, content)
        return other

    fax = {"faxes.jsonl": parts["faxes.jsonl"].replace(b"delivered", b"failed")}
    manifest = {"manifest.json": parts["manifest.json"].replace(b"sha256", b"sha255")}
    for name, instead in {"a": fax, "b": manifest, "c": {"more.txt": b""}, "d": {"manifest.sig": b"00"}}.items():
        with pytest.raises(BadInput):
            verify(changed(name, **instead))
    (tmp_path / "none.zip").write_bytes(b"PK")
    assert cli("evidence", str(tmp_path / "none.zip")).code == 2


def test_an_encrypted_archive_is_not_a_pack(client, sent, tmp_path):
    path = client.evidence(tmp_path / "e.zip", campaign_id=sent).path
    content = bytearray(path.read_bytes())
    # Bit 0 of the flags of each file, in its own header and in the table of contents.
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(header)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(header, at + 1)
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is not an evidence pack"):
        verify(path)


def test_a_pack_overwrites_nothing_and_needs_a_known_campaign(client, sent, tmp_path):
    path = client.evidence(tmp_path / "e.zip", campaign_id=sent).path
    with pytest.raises(BadInput, match="exists and is not overwritten"):
        client.evidence(path, campaign_id=sent)
    with pytest.raises(NotKnown):
        client.evidence(tmp_path / "f.zip", campaign_id="none")
    assert not (tmp_path / "f.zip").exists()


def test_a_pack_that_cannot_be_opened_is_not_said_to_be_no_pack(tmp_path):
    with pytest.raises(BadInput, match=r"^missing\.zip: cannot be read: No such file or directory$"):
        verify(Path("missing.zip"))
    with pytest.raises(BadInput, match=r": cannot be read: Is a directory$"):
        verify(tmp_path)
