"""JSON schemas of the jobs, for producers in other languages. `python -m faxdispatch.schemas FOLDER` writes them."""

import ast
import inspect
import json
from argparse import ArgumentParser
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from faxdispatch.jobs import JOBS, Job


def schemas() -> dict[str, str]:
    """Return each job's schema as the text of a file, by file name: the task's name and `.json`."""
    return {f"{job.TASK}.json": _schema(job) for job in JOBS}


def main() -> None:
    """Write all schemas into the folder that the command line names; it is created if it does not exist."""
    parser = ArgumentParser(prog="python -m faxdispatch.schemas", description="Write the JSON schemas of the jobs.")
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="folder to write to: one file for each job, named after its task"
    )
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _schema(job: type[Job]) -> str:
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"task {job.TASK}, queue {job.QUEUE}",
    }
    schema = head | job.model_json_schema(by_alias=True)
    words = _words_below(job)
    for name, field in job.model_fields.items():
        if name in words:
            described = schema["properties"][field.alias or name] | {"description": words[name]}
            schema["properties"][field.alias or name] = dict(sorted(described.items()))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _words_below(job: type[Job]) -> dict[str, str]:
    """Return the docstrings below the fields of a class and of its bases.

    Pydantic can read them too, but would do so each time jobs are imported.
    """
    words = {}
    for cls in job.__mro__[: job.__mro__.index(BaseModel)]:
        [body] = ast.parse(inspect.getsource(cls)).body
        assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
        for field, below in pairwise(body.body):
            if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                words[ast.unparse(field.target)] = ast.literal_eval(below.value)
    return words


if __name__ == "__main__":
    main()
