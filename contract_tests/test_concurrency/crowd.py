"""Requests that are sent at the same moment, and what is said about their answers."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import httpx

from harness.client import patiently, refused
from harness.contract import slug

Call = Callable[[], httpx.Response]


def patient(call: Callable[..., httpx.Response], *arguments: Any, **options: Any) -> Call:
    """A request that is sent again while the shop has no hand free."""
    return partial(patiently, partial(call, *arguments, **options))


def at_once(calls: Sequence[Call]) -> list[httpx.Response]:
    """The answers to requests that are all sent at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Call) -> httpx.Response:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers: Sequence[httpx.Response]) -> dict[int, int]:
    """How many answers have which status."""
    return dict(Counter(answer.status_code for answer in answers))


def successes(answers: Sequence[httpx.Response]) -> list[httpx.Response]:
    """Those that are."""
    return [answer for answer in answers if answer.is_success]


def all_refused(answers: Sequence[httpx.Response], *problems: str) -> None:
    """What did not succeed was a 409 for one of these reasons."""
    for answer in answers:
        if not answer.is_success:
            problem = slug(answer.json()["type"])
            assert problem in problems
            refused(answer, 409, problem)


def one_of(answers: Sequence[httpx.Response], *problems: str) -> httpx.Response:
    """The only success; the others were a 409 for one of these reasons."""
    all_refused(answers, *problems)
    (winner,) = successes(answers)
    return winner
