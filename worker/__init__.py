"""Does the work: Celery tasks that call Telnyx, and the scheduler that keeps every job moving."""

import sys

# httpx loads its own command line where the libraries for it are installed, ours or not: 4 MB in each worker. What
# stands as None among the modules counts as not installed, which httpx is prepared for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
