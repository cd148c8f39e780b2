"""The example of docs/events.md for redis-py alone reads new, pending and trimmed entries."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
EXAMPLE = re.search(
    r"## Reading with redis-py alone\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
)


def test_reading_with_redis_py_alone_acknowledges_new_old_and_trimmed_entries(redis, redis_url):
    redis.xgroup_create("fax:events", "billing", "0", mkstream=True)
    trimmed = redis.xadd("fax:events", {"type": "fax.queued", "job_id": "trimmed"})
    redis.xadd("fax:events", {"type": "fax.delivered", "job_id": "left"})
    redis.xreadgroup("billing", "billing-1", {"fax:events": ">"})
    redis.xdel("fax:events", trimmed)
    redis.xadd("fax:events", {"type": "fax.failed", "job_id": "new"})

    done = subprocess.run(
        [sys.executable, "-c", EXAMPLE[1]], env={"REDIS_URL": redis_url}, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("fax.delivered left\nfax.failed new\n", "")
    assert redis.xpending("fax:events", "billing")["pending"] == 0
