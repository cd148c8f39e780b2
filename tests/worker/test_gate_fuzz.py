"""Each message, even a malformed one, becomes a job or a dead letter, or is ignored."""

import random
from collections import Counter

import pytest
from redis import Redis

from faxdispatch.jobs import JOBS
from faxdispatch.ledger import Scripts, connect
from faxdispatch.settings import Settings
from tests.worker.doubles import celery_app, collaborators
from tests.worker.mutations import mutated
from worker import tasks
from worker.messaging import consumer
from worker.messaging.envelope import Envelope
from worker.messaging.gate import Gate
from worker.messaging.reminders import REMINDERS

MESSAGES = 1200
SETTINGS = Settings(fax_connection_id="c1", fax_from="+13125550299")


class Taken:
    """A message as the transport delivers it, or several that it received together."""

    def __init__(self, *texts: bytes) -> None:
        envelopes = tuple(map(Envelope.from_text, texts))
        self.body = envelopes if len(envelopes) > 1 else envelopes[0]
        self.channel, self.delivery_tag, self.delivery_info = None, "tag", {}
        self.acknowledged = False

    def ack_log_error(self, *_: object) -> None:
        self.acknowledged = True


LEDGER = ("create_many", "job", "jobs", "cancel", "publish")


@pytest.fixture
def app(redis_url, monkeypatch):
    monkeypatch.setattr(tasks, "RETURN_AFTER", 0)
    made = celery_app(collaborators(Scripts(connect(redis_url)), SETTINGS))
    made.gate = Gate([kind.TASK for kind in (*JOBS, *REMINDERS)], max_bytes=20_000)
    return made


@pytest.fixture
def verdicts(app, monkeypatch):
    """The records about the present message."""
    heard = []
    w = app.collaborators
    others = ((type(w.ledger.dead_letters), "add"), (type(w.questions), "put"))
    for kind, name in (*((type(w.ledger), name) for name in LEDGER), *others):
        original = getattr(kind, name)

        def recording(ledger, *args, _name=name, _original=original, **options):
            heard.append(_name)
            return _original(ledger, *args, **options)

        monkeypatch.setattr(kind, name, recording)
    return heard


@pytest.fixture
def receive(app, verdicts, monkeypatch):
    """Take a message as the worker does; Celery's part is to call the task with what it is handed."""

    def run(message):
        verdicts.append("handed to Celery")
        asked = message.payload
        app.tasks[asked["task"]].apply(args=asked["args"], task_id=asked["id"]).get()

    monkeypatch.setattr(consumer.Consumer, "create_task_handler", lambda *_: run)
    ours = object.__new__(consumer.GatedConsumer)
    ours.app, ours.connection_errors = app, (ConnectionError,)
    return ours.create_task_handler()


@pytest.mark.parametrize("seed", [11, 12])
def test_every_message_becomes_a_job_or_a_dead_letter_or_is_ignored(app, verdicts, receive, seed):
    roll, seen = random.Random(seed), Counter()
    for number in range(MESSAGES // 2):
        message = Taken(mutated(f"fuzz-{number}", roll))
        receive(message)
        # Celery itself acknowledges the messages that it gets.
        assert message.acknowledged == ("handed to Celery" not in verdicts), f"seed {seed}, message {number}"
        calls = {*LEDGER, "add", "put"}.intersection(verdicts)
        assert calls, f"seed {seed}, message {number}: nobody heard of it"
        seen["letter" if "add" in calls else "job" if "create_many" in calls else "nothing"] += 1
        verdicts.clear()
    # If all were of one kind, the mutations would be too small or too large to test anything.
    assert min(seen["letter"], seen["job"]) > 50


def test_messages_taken_together_have_the_same_results_as_one_by_one(app, verdicts, receive, redis_url):
    roll = random.Random(13)
    texts = [mutated(f"fuzz-{number}", roll) for number in range(320)]
    for at in range(0, len(texts), 16):
        receive(Taken(*texts[at : at + 16]))
    came_together = _recorded(app, redis_url)
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    for text in texts:
        receive(Taken(text))
    assert came_together == _recorded(app, redis_url)
    assert all(map(len, came_together))


def _recorded(app, redis_url):
    """The jobs there are, and the letters with their reasons."""
    letters = app.collaborators.ledger.dead_letters.newest(limit=None)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        return set(redis.scan_iter("fax:job:*")), {(letter.id, letter.reason) for letter in letters}
