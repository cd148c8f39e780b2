"""Faxes with a cover, whose links do not answer for a while."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import trustme
from celery import Celery

from faxdispatch import State
from faxdispatch.ledger import CampaignRow, job_of_row
from faxdispatch.states import CampaignState
from tests.documents.blank import blank_pdf
from tests.fetching.harness import Server, reply
from tests.flow.harness import Flow, fresh_number, installation, start_campaign

AWAY = reply(status="503 Service Unavailable")
COVER = "Dear Dr Smith"


@contextmanager
def linked(folder: Path, **settings: str) -> Iterator[tuple[Flow, Server, str]]:
    """An installation that trusts a server of documents; return the server's origin, too."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    with closing(Server(context)) as server:
        origin = f"https://127.0.0.1:{server.port}"
        trusted = {"SSL_CERT_FILE": str(folder / "authority.pem"), "FAX_DANGEROUS_INBOUND_ORIGINS": origin}
        with installation(folder, **trusted, **settings) as flow:
            yield flow, server, origin


def ordered(flow: Flow, **options: str) -> str:
    """Order a fax by a plain message, whose link the worker fetches."""
    plain = Celery("plain", broker=flow.broker_url, set_as_current=False)
    return plain.send_task("fax.send.v1", kwargs={"to": fresh_number(), **options}, queue="fax.send").id


def test_a_fax_waits_for_its_link_and_goes_once_though_its_worker_is_killed(tmp_path):
    with linked(tmp_path) as (flow, server, origin):
        server.answers["/letter.pdf"] = AWAY
        job_id = ordered(flow, media_url=f"{origin}/letter.pdf", cover=COVER)
        held = flow.wait_for_event("job.held", job_id=job_id).data
        assert held["reason"] == "no_document"
        assert "answered 503" in held["detail"]
        assert flow.wait_for(flow.send(cover="Dear Dr Jones")).state is State.DELIVERED

        flow.kill("worker")
        server.answers["/letter.pdf"] = reply(blank_pdf(2))
        job = flow.wait_for(job_id)
        assert (job.state, job.attempt, flow.sim.accepted(job_id)) == (State.DELIVERED, 1, 1)
        assert job.page_count == 3


def test_rows_that_wait_for_their_documents_keep_no_channel_rest_in_a_pause_and_can_be_given_up(tmp_path):
    with linked(tmp_path, FAX_CHANNELS="1") as (flow, server, origin):
        asked, may_end = threading.Event(), threading.Event()

        def stalls(connection):
            asked.set()
            may_end.wait(150)
            connection.sendall(AWAY)

        server.answers = {"/1.pdf": stalls, "/2.pdf": AWAY}
        campaigns = flow.client.campaigns.ledger
        rows = [CampaignRow(row, fresh_number(), {"media_url": f"{origin}/{row}.pdf"}, []) for row in (1, 2)]
        start_campaign(campaigns, "recall", rows, cover=COVER)
        first, second = (job_of_row("recall", row, 1) for row in (1, 2))

        flow.until(asked.is_set)
        assert flow.wait_for(flow.send()).state is State.DELIVERED, "the only channel is free meanwhile"
        flow.kill("worker")
        may_end.set()
        server.answers["/1.pdf"] = AWAY
        for job_id in (first, second):
            assert flow.wait_for_event("job.held", job_id=job_id).data["reason"] == "no_document"

        flow.client.campaigns.pause("recall", reason="a server is away")
        flow.until(lambda: flow.client.campaigns.holds("recall") == {"campaign_paused": 2})
        requests = len(server.requests)
        assert flow.wait_for(flow.send()).state is State.DELIVERED
        assert len(server.requests) == requests

        server.answers["/2.pdf"] = reply(blank_pdf(2))
        flow.client.campaigns.resume("recall")
        assert flow.wait_for(second).state is State.DELIVERED
        assert flow.client.campaigns.finish("recall")[1] == 1
        ended = flow.until(lambda: (c := flow.client.campaigns.get("recall")).state is CampaignState.FINISHED and c)
        assert (ended.delivered, ended.failed) == (1, 1)
        assert campaigns.causes("recall") == {"no_document": 1}
        assert (flow.sim.accepted(first), flow.sim.accepted(second)) == (0, 1)
        assert flow.client.campaigns.audit("recall").faults == ()
