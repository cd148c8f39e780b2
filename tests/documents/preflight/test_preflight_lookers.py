"""One process examines many documents; a document that crashes it is the only one refused."""

import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from faxdispatch.documents.preflight import lookers
from faxdispatch.documents.preflight.lookers import Lookers
from faxdispatch.subprocesses.bounded import converse
from tests.documents.preflight.made import letter, picture

WHOLE = {"pages": 1, "form": None, "sheets": [{"wide": 595.3, "high": 841.9}]}


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    processes = []

    def start(program):
        processes.append(converse(program))
        return processes[-1]

    monkeypatch.setattr(lookers, "converse", start)
    return processes


def test_one_process_looks_at_document_after_document(started):
    with Lookers() as own:
        pages = [own.facts(content, 0)["pages"] for content in (letter(), letter(pages=3), picture(), letter(pages=2))]

    assert (pages, len(started)) == ([1, 3, 1, 2], 1)
    assert started[0].returncode is not None


def test_a_process_is_replaced_after_enough_documents(started, monkeypatch):
    monkeypatch.setattr(lookers, "MOST", 2)
    with Lookers() as own:
        assert [own.facts(letter(), 0) for _ in range(5)] == [WHOLE] * 5
    assert len(started) == 3


def test_threads_have_a_process_each(started):
    with Lookers() as own, ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda pages: own.facts(letter(pages=pages), 0)["pages"], range(1, 21)))

    assert found == list(range(1, 21))
    assert 1 <= len(started) <= 4
    assert all(process.returncode is not None for process in started)


def test_a_document_that_crashes_its_process_is_refused_and_the_next_are_examined(started, monkeypatch, tmp_path):
    monkeypatch.setattr(lookers, "_LOOKING", written(tmp_path, "if b'fatal' in content: os.abort()"))
    with Lookers() as own:
        assert [own.facts(content, 0) for content in (b"good", b"fatal", b"good")] == [
            {"pages": 4},
            {"trouble": "costly"},
            {"pages": 4},
        ]
    assert len(started) == 2


def test_a_document_that_takes_too_long_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(lookers, "_LOOKING", written(tmp_path, "time.sleep(60)"))
    monkeypatch.setattr(lookers, "_SECONDS", 0.3)
    with Lookers() as own:
        assert own.facts(b"endless", 0) == {"trouble": "costly"}


def test_processor_time_is_bounded_for_each_document_by_itself(monkeypatch, tmp_path):
    monkeypatch.setattr(
        lookers,
        "_LOOKING",
        written(tmp_path, "allow(1)\nwhile content == b'costly': pass", "bound(memory=10**9, seconds=600)"),
    )
    with Lookers() as own:
        assert own.facts(b"cheap", 0) == {"pages": 5}
        assert own.facts(b"costly", 0) == {"trouble": "costly"}
        assert own.facts(b"cheap", 0) == {"pages": 5}


def written(folder, each, first=""):
    """A program in place of ours, which reacts to each document in its own way."""
    program = folder / "looking.py"
    program.write_text(
        "import json, os, sys, time\n"
        "from faxdispatch.subprocesses.bounded import allow, bound\n"
        f"{first}\n"
        "for asked in sys.stdin.buffer:\n"
        "    content = sys.stdin.buffer.read(int(asked.split()[1]))\n"
        f"{textwrap.indent(each, '    ')}\n"
        "    print(json.dumps({'pages': len(content)}), flush=True)\n"
    )
    return program
