"""The policy hook: the operator's own callable, asked before a fax is admitted, in separate processes.

`Hook` asks, `apply` makes the job that a `Change` wants; errors are `HookFailed`.
"""

from worker.hook.asking import Hook, apply
from worker.hook.wire import HookFailed

__all__ = ["Hook", "HookFailed", "apply"]
