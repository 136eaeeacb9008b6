"""A run that is asked to end, by Ctrl-C or SIGTERM, tears down what it has set up."""

import os
import signal
import threading
from contextlib import suppress
from types import FrameType

from harness.processes import children

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def heed() -> None:
    """Take either signal for KeyboardInterrupt, once: nobody interrupts the tear-down."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, _end)


class Workers:
    """A pytest plugin for a run that has workers."""

    def pytest_keyboard_interrupt(self) -> None:
        """Ask them to end too."""
        for pid in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _end(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
