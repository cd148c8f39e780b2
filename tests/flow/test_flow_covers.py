"""A fax with a cover, whose link does not answer for a while."""

import ssl
from contextlib import closing

import trustme
from celery import Celery

from faxdispatch import State
from tests.documents.blank import blank_pdf
from tests.fetching.harness import Server, reply
from tests.flow.harness import Flow, fresh_number, installation


def ordered(flow: Flow, **options: str) -> str:
    """Order a fax by a plain message, whose link the worker fetches."""
    plain = Celery("plain", broker=flow.broker_url, set_as_current=False)
    return plain.send_task("fax.send.v1", kwargs={"to": fresh_number(), **options}, queue="fax.send").id


def test_a_fax_waits_for_its_link_and_goes_once_though_its_worker_is_killed(tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with closing(Server(context)) as server:
        server.answers["/letter.pdf"] = reply(status="503 Service Unavailable")
        origin = f"https://127.0.0.1:{server.port}"
        trusted = {"SSL_CERT_FILE": str(tmp_path / "authority.pem"), "FAX_DANGEROUS_INBOUND_ORIGINS": origin}
        with installation(tmp_path, **trusted) as flow:
            job_id = ordered(flow, media_url=f"{origin}/letter.pdf", cover="Dear Dr Smith")
            held = flow.wait_for_event("job.held", job_id=job_id).data
            assert held["reason"] == "no_document"
            assert "answered 503" in held["detail"]
            assert flow.wait_for(flow.send(cover="Dear Dr Jones")).state is State.DELIVERED

            flow.kill("worker")
            server.answers["/letter.pdf"] = reply(blank_pdf(2))
            job = flow.wait_for(job_id)
            assert (job.state, job.attempt, flow.sim.accepted(job_id)) == (State.DELIVERED, 1, 1)
            assert job.page_count == 3
