"""Finds the processes' code: the checkout or image from which this package was installed.

The wheel has only the package; worker, webhook, console and simulator run from beside it.
"""

from pathlib import Path

from faxdispatch.errors import Misconfigured

_HERE = Path(__file__).resolve()
PROCESSES = ("worker", "webhook", "console", "simulator")


def checkout() -> Path:
    """Return the folder that holds the processes.

    Raises:
        Misconfigured: the package was installed from a wheel, so there is none.
    """
    root = _HERE.parents[3]
    if all((root / name / "__main__.py").is_file() for name in PROCESSES):
        return root
    raise Misconfigured(
        "worker, webhook, console and simulator are not installed: this faxdispatch is from a wheel, which has only "
        "what producers need. Run the command in a checkout (`make install`) or in the image"
    )
