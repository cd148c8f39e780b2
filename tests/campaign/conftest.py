"""Campaigns as programs make them of lists, on the desk of the ledger."""

import json

import pytest

from faxdispatch import FaxClient
from faxdispatch.states import State
from tests.ledger.campaign_desk import number_of

TESTERS = ("+14155559001", "+14155559002")


def rows(count, **more):
    return [{"fax": number_of(row), **more} for row in range(1, count + 1)]


@pytest.fixture
def client(redis_url, desk):
    return FaxClient(redis_url, region="US", test_numbers=TESTERS, ledger=desk.ledger)


@pytest.fixture
def service(client):
    return client.campaigns


@pytest.fixture
def a_list(tmp_path):
    def write(text, name="recall.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def events(desk):
    def of_kind(kind):
        found = [fields for _, fields in desk.redis.xrange("fax:events") if fields["type"] == kind]
        return [json.loads(fields["data"]) for fields in found]

    return of_kind


@pytest.fixture
def finished(desk, service):
    """Make a campaign whose rows have ended for these causes; None is delivered, `cancelled` was cancelled alone."""

    def make(*causes, name="spring"):
        service.create(rows(len(causes)), campaign_id=name, media_name="letter")
        service.start(name)
        desk.feed(name=name)
        desk.picked()
        for row, cause in enumerate(causes, start=1):
            job = f"{name}-{row}"
            if cause == "cancelled":
                desk.ledger.cancel(job, source="operator")
            elif cause:
                waiting = [State.QUEUED, State.HELD]
                desk.ledger.end(job, event="job.exhausted", cause=cause, states=waiting)
            else:
                desk.send(job)
                desk.report(job, "delivered", pages=1, seconds=30)
        assert desk.feed(name=name)[0] == "finished"
        return name

    return make
