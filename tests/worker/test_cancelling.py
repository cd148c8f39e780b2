"""Messages to cancel a fax, by the job's id or by Telnyx's."""

import pytest

from faxdispatch.errors import TelnyxError, WrongState
from faxdispatch.states import State
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.client_state import encode_client_state
from tests.worker import doubles
from worker import tasks
from worker.sending.attempt import Outcome, run_attempt

FAX = "0cae2f42-b704-420c-ad15-8cac51a2a2bd"
SURPLUS = "1cae2f42-b704-420c-ad15-8cac51a2a2bd"


class Telnyx(doubles.Telnyx):
    """Accepts one fax, and records which ones it is asked to cancel."""

    def __init__(self):
        super().__init__()
        self.answer = Fax(id=FAX, status="queued")
        self.cancelled = []
        self.refusal: TelnyxError | None = None

    def get_fax(self, fax_id):
        assert fax_id == FAX
        return self.answer

    def cancel_fax(self, fax_id):
        self.cancelled.append(fax_id)
        if self.refusal:
            raise self.refusal


@pytest.fixture
def telnyx():
    return Telnyx()


@pytest.fixture
def w(w):
    """A worker's collaborators, with a job whose fax Telnyx has accepted."""
    doubles.create(w)
    assert run_attempt("job", w) is Outcome.ACCEPTED
    return w


@pytest.fixture
def app(w):
    return doubles.celery_app(w)


def cancel(app, **named):
    app.tasks[tasks.cancel_fax.name].apply(args=(named, {}), task_id="m1")


@pytest.mark.parametrize("named", [{"job_id": "job"}, {"fax_id": FAX}], ids=["job", "fax"])
def test_an_accepted_fax_is_cancelled_at_telnyx_and_its_job_is_not_sent_again(app, telnyx, w, named):
    cancel(app, **named)

    assert telnyx.cancelled == [FAX]
    assert w.ledger.job("job").cancel_requested
    assert w.ledger.dead_letters.newest() == []


def test_a_fax_that_is_already_delivered_is_read_instead_so_that_its_job_ends(app, telnyx, w):
    mark = encode_client_state("job", 1, w.ledger.identity.id)
    telnyx.refusal = WrongState("too late", status=422, code="90081")
    telnyx.answer = Fax(id=FAX, status="delivered", direction="outbound", client_state=mark, connection_id="c1")

    cancel(app, fax_id=FAX)

    assert w.ledger.job("job").state is State.DELIVERED
    assert w.ledger.dead_letters.newest() == []


def test_a_fax_without_a_job_is_cancelled_at_telnyx_and_no_longer_surplus(app, telnyx, w):
    w.agenda._redis.zadd("fax:strays", {SURPLUS: 0})

    cancel(app, fax_id=SURPLUS)

    assert telnyx.cancelled == [SURPLUS]
    assert w.agenda._redis.zcard("fax:strays") == 0
