"""A failure's shortest story: which of the steps it takes.

Hypothesis would shrink for minutes, a server in its loop; leaving steps out takes seconds.
"""

import time
from collections.abc import Callable

from test_model.steps import Step

SECONDS = 60.0
"""Then it is short enough."""


def shortest(steps: list[Step], told: str, retell: Callable[[list[Step]], str | None]) -> str:
    """What is told of as few of the steps as still fail; `retell` takes some, in a new shop."""
    deadline = time.monotonic() + SECONDS
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps) and time.monotonic() < deadline:
            fewer = steps[:start] + steps[start + size :]
            if anew := retell(fewer):
                steps, told = fewer, anew
            else:
                start += size
        size //= 2
    return told
