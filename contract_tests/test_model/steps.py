"""How the steps are made known, and chosen: each as often as it says.

Hypothesis's own `@rule` leaves some of them out of each run, which suits more runs than we have.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from hypothesis import strategies as st

AnyStep = TypeVar("AnyStep", bound=Callable[..., None])

STEPS: list[st.SearchStrategy["Step"]] = []
"""Of every part of the shop."""


class Step:
    """Something that somebody does, with what Hypothesis drew for it."""

    def __init__(self, function: Callable[..., None], **drawn: Any) -> None:
        self._function = function
        self._drawn = drawn

    def take(self, machine: object) -> None:
        self._function(machine, **self._drawn)

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self._drawn.items())
        return f"{self._function.__name__}({told})"


def step(weight: int = 1, **arguments: st.SearchStrategy[Any]) -> Callable[[AnyStep], AnyStep]:
    """Make a method a step that is taken so often, with these arguments."""

    def register(function: AnyStep) -> AnyStep:
        STEPS.extend([st.builds(partial(Step, function), **arguments)] * weight)
        return function

    return register
