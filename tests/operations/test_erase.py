"""Erasing a person leaves nothing that names them, and counts that still add up."""

import json

import pytest
from redis import Redis

from faxdispatch import FaxClient
from faxdispatch.campaign.report.files import write_report
from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.ledger import Inbox, Observation
from faxdispatch.settings import Settings
from faxdispatch.states import State
from faxdispatch.storage.naming import stored_name
from faxdispatch.storage.store import StoreTrouble, open_store
from tests.ledger.campaign_desk import NAME, job, number_of

NUMBER = "+14155550177"


def everything(desk):
    """All that is in Redis, as text."""
    raw: Redis = desk.scripts.raw
    found = []
    for key in raw.keys("*"):
        kind = raw.type(key).decode()
        read = {
            "string": lambda k: [raw.get(k)],
            "hash": lambda k: [*raw.hgetall(k), *raw.hvals(k)],
            "list": lambda k: raw.lrange(k, 0, -1),
            "set": raw.smembers,
            "zset": lambda k: raw.zrange(k, 0, -1),
            "stream": lambda k: [part for _, fields in raw.xrange(k) for pair in fields.items() for part in pair],
        }[kind]
        found += [key, *read(key)]
    return b"\n".join(found)


def test_after_an_erasure_no_key_in_redis_holds_the_number(desk, client, redis_url):
    job_id = client.send(to=NUMBER, media_name="letter", idempotency_key="of Ms K", client_state="Ms K").job_id
    desk.send(job_id)
    desk.report(job_id, "failed", "user_busy")
    desk.ledger.end(job_id, event="job.exhausted", cause="user_busy", states=[State.DECIDING], blames_number=True)
    other = client.send(to=number_of(900), media_name="letter").job_id
    desk.run(1, 2, 3, numbers={2: NUMBER})
    desk.feed(1)
    desk.redis.xadd("fax:quarantine", {"body": NUMBER})
    client.suppressions.add(number_of(5), reason="asked")
    arrived = Observation("e", "d", "fax.received", "webhook", "in-1", status="received", outbound=False,
                          sender=NUMBER, recipient="+14155550199")  # fmt: skip
    desk.observations.record(arrived)

    erased = client.erase(number="(415) 555-0177", operator="ada")

    assert (erased.jobs, erased.rows, erased.open) == (1, 1, [])
    left = everything(desk)
    assert NUMBER.encode() not in left
    assert b"Ms K" not in left
    assert list(client.find(number=NUMBER)) == []
    assert desk.ledger.job(other)
    assert desk.redis.zscore("fax:deletions", f"{job_id}-1")
    assert [entry["data"] for _, entry in desk.redis.xrange("fax:events") if entry["type"] == "operator.acted"]


def test_a_campaigns_counts_still_add_up(desk, client, tmp_path):
    desk.run(1, 2, 3, numbers={2: NUMBER, 3: NUMBER})
    desk.feed(1)
    desk.send_row(1)
    desk.deliver(1)
    desk.feed(1)
    assert client.erase(number=NUMBER).open == [job(2)]
    assert desk.codes() == "doc"

    desk.ledger.cancel(job(2), source="x")
    assert client.erase(number=NUMBER).rows == 1
    assert desk.faults() == ()
    assert (desk.campaigns.get(NAME).cancelled, desk.feed()[0]) == (2, "finished")
    report = write_report(desk.campaigns, NAME, tmp_path)
    assert NUMBER not in "".join(path.read_text("utf-8") for path in report.files.values())


def test_rows_that_were_left_out_are_erased_too(desk, client):
    client.suppressions.add(NUMBER, reason="asked")
    rows = [{"name": "Ms K", "fax": NUMBER}, {"name": "B", "fax": number_of(1)}]
    client.campaigns.create(rows, campaign_id="c", media_name="letter")

    erased = client.erase(number=NUMBER)

    assert (erased.left_out, erased.suppressed) == (1, True)
    [left] = client.campaigns.left_out("c")
    assert (left.to, left.cells, left.kind) == (None, [], "suppressed")


def arrive(desk, folder, fax_id, sender):
    """Let an inbound fax come in and its document be stored, as the workers do."""
    place = open_store(str(folder))
    desk.observations.record(
        Observation(
            f"e-{fax_id}", "d", "fax.received", "webhook", fax_id, status="received", outbound=False, sender=sender,
            recipient="+14155550199",
        )
    )  # fmt: skip
    content = folder.parent / "fetched"
    content.write_bytes(b"%PDF-1.7 of Ms K")
    name = stored_name(fax_id, ".pdf")
    file = place.put(name, content)
    place.put_text(stored_name(fax_id, ".json"), f'{{"from": "{sender}"}}')
    Inbox(desk.scripts).stored(fax_id, file=file, name=name, sha256="ab", size=16, data="{}")


def test_stored_documents_leave_the_folder_and_those_of_others_stay(desk, redis_url, tmp_path):
    folder = tmp_path / "inbound"
    arrive(desk, folder, "in-1", NUMBER)
    arrive(desk, folder, "in-2", number_of(2))
    settings = Settings.load(redis_url=redis_url, fax_inbound_dir=str(folder), fax_default_region="US")
    without = FaxClient(redis_url, region="US", ledger=desk.ledger)
    with pytest.raises(Unavailable, match="FAX_INBOUND_DIR"):
        without.erase(number=NUMBER)
    assert len(list(folder.iterdir())) == 4

    erased = FaxClient.from_env(settings).erase(number=NUMBER)

    assert (erased.inbound, erased.documents) == (1, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["in-2.json", "in-2.pdf"]
    assert NUMBER.encode() not in everything(desk)
    assert FaxClient.from_env(settings).erase(number=NUMBER).documents == 0


def test_a_document_that_cannot_be_removed_is_reported_and_removed_the_next_time(desk, redis_url, tmp_path):
    folder = tmp_path / "inbound"
    arrive(desk, folder, "in-1", NUMBER)
    (folder / "in-1.pdf").unlink()
    (folder / "in-1.pdf").mkdir()
    client = FaxClient.from_env(Settings.load(redis_url=redis_url, fax_inbound_dir=str(folder)))
    with pytest.raises(StoreTrouble):
        client.erase(number=NUMBER)
    (folder / "in-1.pdf").rmdir()
    assert client.erase(number=NUMBER).inbound == 1
    assert NUMBER.encode() not in everything(desk)


def test_a_fax_whose_tags_cannot_be_read_is_named_and_left_by_an_erasure_by_tag(desk, client):
    later, plain, other = (
        client.send(to=number_of(n), media_name="letter", tags=[tag]).job_id
        for n, tag in ((1, "Ms K"), (2, "Ms K"), (3, "Mr L"))
    )
    for job_id in (later, plain, other):
        desk.ledger.cancel(job_id, source="operator")
    request = json.loads(desk.redis.hget(f"fax:job:{later}", "request"))
    desk.redis.hset(f"fax:job:{later}", "request", json.dumps(request | {"tags": [{"name": "Ms K"}]}))

    erased = client.erase(tag="Ms K", operator="ada")
    assert (erased.jobs, erased.unread) == (1, [later])
    assert sorted(desk.redis.keys("fax:job:*")) == sorted(f"fax:job:{job_id}" for job_id in (later, other))


def test_faxes_are_erased_by_job_and_by_tag(desk, client):
    first, second, third = (client.send(to=NUMBER, media_name="m", tags=[tag]).job_id for tag in ("a", "b", "b"))
    for one in (first, second, third):
        desk.ledger.cancel(one, source="x")
    assert client.erase(job_id=first).jobs == 1
    assert [found.job_id for found in client.find()] == [third, second]
    assert client.erase(tag="b").jobs == 2
    assert list(client.find()) == []
    assert client.erase(tag="b").jobs == 0
    for words in ({}, {"number": NUMBER, "tag": "b"}):
        with pytest.raises(BadInput, match="give one of"):
            client.erase(**words)


def test_the_command_asks_and_gives_a_receipt(cli, client, desk):
    still = client.send(to=NUMBER, media_name="m", tags=["a"]).job_id
    assert cli("erase", "--tag", "a").code == 2
    result = cli("erase", "--tag", "a", "--yes", "--json")
    assert (result.code, json.loads(result.out)["open"]) == (1, [still])
    desk.ledger.cancel(still, source="x")
    result = cli("erase", "--tag", "a", "--yes")
    assert result.code == 0
    assert result.out.splitlines()[0] == "        1  single faxes, with their histories"
    assert "faxdispatch media delete m" in result.err
