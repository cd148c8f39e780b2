"""The JSON schemas in docs/ are those of the jobs."""

import json
import sys
from pathlib import Path

import pytest

from faxdispatch import schemas as export
from faxdispatch.jobs import JOBS

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"


def test_the_schemas_in_docs_are_up_to_date():
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}

    assert found == export.schemas(), "renew them: python -m faxdispatch.schemas docs/schemas"


def test_writing_them_gives_the_files_that_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["schemas", str(tmp_path / "new")])

    export.main()

    assert {f.name: f.read_text(encoding="utf-8") for f in (tmp_path / "new").iterdir()} == export.schemas()


@pytest.mark.parametrize("words", [["--help"], [], ["--new"], ["one", "two"]])
def test_an_option_is_not_taken_for_a_folder(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["schemas", *words])

    with pytest.raises(SystemExit):
        export.main()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.TASK)
def test_a_schema_knows_every_field_by_the_name_it_travels_under(job):
    schema = json.loads(export.schemas()[f"{job.TASK}.json"])

    assert set(schema["properties"]) == {field.alias or name for name, field in job.model_fields.items()}
    assert schema["additionalProperties"] is False
