"""The demonstration from its beginning to the verdict."""

import sys

from rich.console import Console

from faxdispatch.demo.run import Run
from faxdispatch.demo.stage import stage
from faxdispatch.demo.verdict import Verdict, judge
from faxdispatch.demo.view import progress
from faxdispatch.supervisor.checkout import checkout
from faxdispatch.supervisor.signals import stop_signals
from faxdispatch.text.plain import plain


def demonstrate(console: Console) -> Verdict:
    """Run the demonstration and judge it. If it fails, the last lines of the processes go to standard error.

    Raises:
        StopSignal: it was stopped by a signal.
    """
    documents = checkout() / "examples" / "documents"
    with stop_signals(), stage() as set_up:
        run = Run(set_up, documents)
        with progress(console) as look:
            run.play(look)
        verdict = judge(run, set_up.control("GET", "/report"))
        if not verdict.ok:
            print("Last lines of the processes:", *map(plain, set_up.log), sep="\n", file=sys.stderr)
    return verdict
