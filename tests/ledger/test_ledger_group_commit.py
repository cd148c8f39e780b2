"""Writes that come while others are being written are joined.

Each gets its own reply, and a fault of one affects no other.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import GroupCommit

Trouble = dict[str, BaseException]


class Writer:
    """Records each write, which returns its words in capitals; the first one waits until it may `go`."""

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.trouble: Trouble = {}
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, words: Sequence[str]) -> list[str]:
        self.writes.append(list(words))
        self.entered.set()
        assert self.go.wait(60)
        for word in words:
            if word in self.trouble:
                raise self.trouble[word]
        return [word.upper() for word in words]


@pytest.fixture
def writer() -> Writer:
    return Writer()


Together = Callable[..., list[object]]


@pytest.fixture
def together(writer: Writer) -> Together:
    """Send the others, in this order, while `first` is being written.

    Return the result of each, beginning with `first`.
    """
    group = GroupCommit(writer)

    def bring(*others: str) -> list[object]:
        with ThreadPoolExecutor(len(others) + 1) as threads:
            replies = [threads.submit(group.write, "first")]
            assert writer.entered.wait(60)
            for count, other in enumerate(others, start=1):
                replies.append(threads.submit(group.write, other))
                while len(group._waiting) < count:
                    writer.go.wait(0.001)
            writer.go.set()
        assert group.write("last") == "LAST"
        return [reply.exception() or reply.result() for reply in replies]

    return bring


def test_a_single_write_is_sent_by_itself(writer: Writer):
    writer.go.set()
    group = GroupCommit(writer)
    assert [group.write(word) for word in ("a", "b")] == ["A", "B"]
    assert writer.writes == [["a"], ["b"]]


def test_writes_that_arrive_during_a_write_share_the_next_one(writer: Writer, together: Together):
    assert together("a", "b", "c") == ["FIRST", "A", "B", "C"]
    assert writer.writes == [["first"], ["a", "b", "c"], ["last"]]


def test_a_failed_write_does_not_affect_the_others_of_its_group(writer: Writer, together: Together):
    writer.trouble["bad"] = KeyError("a mistake")
    assert together("a", "bad", "b") == ["FIRST", "A", writer.trouble["bad"], "B"]
    assert writer.writes == [["first"], ["a", "bad", "b"], ["a"], ["bad"], ["b"], ["last"]]


def test_missing_replies_leave_no_thread_waiting(together: Together, writer: Writer, monkeypatch):
    short = lambda self, words: [word.upper() for word in words][: max(1, len(words) - 1)]  # noqa: E731
    whole = Writer.__call__
    monkeypatch.setattr(Writer, "__call__", lambda self, words: whole(self, words) and short(self, words))
    assert together("a", "b") == ["FIRST", "A", "B"]
    assert writer.writes == [["first"], ["a", "b"], ["a"], ["b"], ["last"]]


def test_a_writing_thread_that_ends_leaves_no_thread_waiting(together: Together, writer: Writer):
    writer.trouble["a"] = SystemExit("the end")
    first, ended, other = together("a", "b")
    assert (first, ended) == ("FIRST", writer.trouble["a"])
    assert isinstance(other, Unavailable)


def test_a_thread_that_ends_while_it_writes_each_separately_leaves_no_thread_waiting(
    together: Together, writer: Writer
):
    writer.trouble |= {"a": KeyError("a mistake"), "b": SystemExit("the end")}
    first, ended, *others = together("a", "b", "c")
    assert (first, ended) == ("FIRST", writer.trouble["b"])
    assert [type(other) for other in others] == [Unavailable, Unavailable]


def test_while_redis_is_unreachable_the_whole_group_fails_and_is_not_retried(writer: Writer, together: Together):
    writer.trouble["a"] = Unavailable("Redis is away")
    assert together("a", "b") == ["FIRST", *[writer.trouble["a"]] * 2]
    assert writer.writes == [["first"], ["a", "b"], ["last"]]


class Time:
    """A clock that only moves when somebody sleeps; `meanwhile` is done in each sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def spaced(writer: Writer, time: Time) -> GroupCommit[str, str]:
    """A group whose writes begin ten seconds apart."""
    writer.go.set()
    return GroupCommit(writer, apart=10.0, clock=time.clock, sleep=time.sleep)


def test_one_that_comes_alone_does_not_wait(spaced: GroupCommit[str, str], time: Time):
    spaced.write("a")
    time.now += 10.0
    spaced.write("b")
    assert time.slept == []


def test_one_that_comes_soon_after_another_waits_the_rest_of_the_time(spaced: GroupCommit[str, str], time: Time):
    spaced.write("a")
    time.now += 7.0
    spaced.write("b")
    time.now += 4.0
    spaced.write("c")
    assert time.slept == [3.0, 6.0]


def test_those_that_come_while_one_waits_go_with_it_in_their_order(
    spaced: GroupCommit[str, str], writer: Writer, time: Time
):
    spaced.write("a")
    with ThreadPoolExecutor(2) as threads:
        replies, pause = [], threading.Event()

        def join() -> None:
            for count, word in enumerate(("c", "d"), start=2):
                replies.append(threads.submit(spaced.write, word))
                while len(spaced._waiting) < count:
                    pause.wait(0.001)

        time.meanwhile = join
        assert spaced.write("b") == "B"
        assert [reply.result() for reply in replies] == ["C", "D"]
    assert writer.writes == [["a"], ["b", "c", "d"]]
    assert len(time.slept) == 1


def test_after_a_failure_the_next_waits_as_after_any_write(spaced: GroupCommit[str, str], writer: Writer, time: Time):
    writer.trouble["a"] = Unavailable("Redis is away")
    with pytest.raises(Unavailable):
        spaced.write("a")
    assert spaced.write("b") == "B"
    assert time.slept == [10.0]


def test_a_thread_that_ends_while_it_waits_for_others_leaves_no_thread_waiting(
    spaced: GroupCommit[str, str], writer: Writer, time: Time
):
    spaced.write("a")
    with ThreadPoolExecutor(1) as threads:
        replies = []

        def end() -> None:
            replies.append(threads.submit(spaced.write, "c"))
            while len(spaced._waiting) < 2:
                threading.Event().wait(0.001)
            raise SystemExit("the end")

        time.meanwhile = end
        with pytest.raises(SystemExit):
            spaced.write("b")
        assert isinstance(replies[0].exception(30), Unavailable)
    time.meanwhile = lambda: None
    assert spaced.write("d") == "D"
    assert writer.writes == [["a"], ["d"]]
