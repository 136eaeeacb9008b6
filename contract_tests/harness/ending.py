"""Signal handling: Ctrl-C and SIGTERM end a run with a complete teardown."""

import os
import signal
import threading
from contextlib import suppress
from types import FrameType

from harness.processes import children

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def heed() -> None:
    """Turn SIGINT or SIGTERM into one KeyboardInterrupt; later signals are ignored."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, _end)


class Workers:
    """A pytest plugin that ends the workers of a run, too."""

    def pytest_keyboard_interrupt(self) -> None:
        """Send SIGTERM to all workers."""
        for pid in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _end(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
