"""Does the work: Celery tasks that call Telnyx, and the scheduler that keeps every job moving."""

import sys

# httpx loads its own command line if the libraries for it are installed, by us or not: 4 MB in each worker. A module
# that is None in `sys.modules` counts as not installed, which httpx is prepared for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
