"""JSON schemas of the jobs, for producers in other languages. `python -m faxdispatch.schemas FOLDER` writes them."""

import json
import sys
from pathlib import Path

from faxdispatch.jobs import JOBS, Job


def schemas() -> dict[str, str]:
    """Give each job's schema as the text of a file, by the file's name: that of the task and `.json`."""
    return {f"{job.TASK}.json": _schema(job) for job in JOBS}


def main() -> None:
    """Write all schemas into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _schema(job: type[Job]) -> str:
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"task {job.TASK}, queue {job.QUEUE}",
    }
    return json.dumps(head | job.model_json_schema(by_alias=True), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
