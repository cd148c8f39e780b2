"""Numbers that get no campaigns."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, State
from faxdispatch.ledger import Suppression, Suppressions
from tests.campaign.conftest import rows
from tests.ledger.campaign_desk import number_of


def test_a_number_that_is_suppressed_while_a_campaign_runs_is_not_faxed(service, client, desk):
    service.create(rows(2), campaign_id="spring", media_name="letter")
    service.start("spring")
    client.suppressions.add(number_of(2), reason="asked")
    desk.feed(name="spring")

    assert (service.get("spring").suppressed, desk.ledger.job("spring-2").state) == (1, State.CANCELLED)
    assert service.audit("spring").faults == ()
    assert desk.picked() == ["spring-1"]


def test_a_single_fax_goes_to_a_suppressed_number(client, desk):
    client.suppressions.add(number_of(1), reason="asked")
    job = client.send(to=number_of(1), media_name="letter").job_id

    assert desk.admit(job) == "go"


def test_an_expired_suppression_stops_no_fax_and_is_forgotten(desk):
    desk.scripts.now = 1_800_000_000_000
    known = Suppressions(desk.scripts)
    until = datetime.fromtimestamp(1_800_000_060, UTC)
    known.add(Suppression(number_of(1), "asked", "letter", until=until))
    known.add(Suppression(number_of(2), "asked", "letter"))
    assert (known.among([number_of(1), number_of(2), number_of(3)]), known.count()) == ({number_of(1), number_of(2)}, 2)

    desk.later(60)

    assert (known.among([number_of(1), number_of(2)]), known.get(number_of(1))) == ({number_of(2)}, None)
    assert [one.number for one in known.all()] == [number_of(2)]
    assert not known.remove(number_of(1), reason="x")
    assert (desk.redis.hlen("fax:suppressed"), desk.redis.zcard("fax:suppressed:until")) == (1, 0)


def test_a_file_of_suppressed_numbers_is_idempotent_and_an_export_keeps_reason_source_and_end(client, a_list, events):
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    one, two, three = map(number_of, (1, 2, 3))
    text = f"number,reason,source,until\n'{one},asked,letter,\n{two},court,order 7,{later}\nnonsense,x,y,\n"
    text += f"{three},gone,old,2020-01-01T00:00:00+00:00\n{one},asked,letter,\n"
    known = client.suppressions

    first = known.import_file(a_list(text), operator="ada")
    second = known.import_file(a_list(text), operator="ada")

    assert (first.rows, first.invalid, first.expired, first.duplicate, first.changed.added) == (5, 1, 1, 1, 2)
    assert (second.changed.added, second.changed.changed, second.changed.same) == (0, 0, 2)
    assert (known.get(number_of(2)).reason, known.get(number_of(2)).source) == ("court", "order 7")
    assert known.get(number_of(2)).until.isoformat()[:19] == later[:19]
    assert known.count() == 2
    assert len(events("numbers.imported")) == 1


def test_a_file_that_gives_no_reason_needs_one(client, a_list):
    with pytest.raises(BadInput, match="reason: the file has no column of that name"):
        client.suppressions.import_file(a_list(f"Fax\n{number_of(1)}\n"))

    assert client.suppressions.import_file(a_list(f"Fax\n{number_of(1)}\n"), reason="asked").changed.added == 1
    some = client.suppressions.import_file(a_list(f"Fax,Reason\n{number_of(2)},\n{number_of(3)},asked\n"))
    assert (some.invalid, some.changed.added) == (1, 1)
