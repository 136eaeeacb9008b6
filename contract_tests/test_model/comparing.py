"""Whether an answer is the one that the reference gives; if not, where the two part."""

from collections.abc import Iterator

import httpx

from harness import answers
from harness.client import succeeded
from harness.contract import Json, slug
from test_model.reference import Kept
from test_model.refusals import Refused


def is_refused(answer: httpx.Response, refusal: Refused) -> None:
    """The answer is a problem that the reference allows, and lists what it lists."""
    told = f"not {' or '.join(refusal.problems)}:\n{answers.curl(answer)}"
    assert answer.status_code >= 400, told
    problem = answer.json()
    assert refusal.allows(answer.status_code, slug(problem["type"])), told
    if refusal.items is not None:
        is_same(answer, _by_book(problem["items"]), _by_book(refusal.items))


def is_replayed(answer: httpx.Response, kept: Kept) -> None:
    """The answer is the first one that its Idempotency-Key got."""
    told = answers.curl(answer)
    first = kept.answer
    assert first is not None
    assert answer.headers.get("Idempotency-Replayed") == "true", f"not replayed:\n{told}"
    if first.status_code == 202:  # what was pending then may be settled by now
        assert succeeded(answer).json()["id"] == kept.thing.id, told
        return
    assert answer.status_code == first.status_code, f"not {first.status_code}:\n{told}"
    is_same(answer, answer.json(), first.json())
    for name in ("Location", "ETag"):
        assert answer.headers.get(name) == first.headers.get(name), f"another {name}:\n{told}"


def is_same(answer: httpx.Response, came: Json, expected: Json) -> None:
    """What came is what was expected, member by member."""
    if came != expected:
        lines = "\n".join(f"  - {each}" for each in differences(came, expected))
        raise AssertionError(f"other than the reference:\n{lines}\n{answers.curl(answer)}")


def differences(came: Json, expected: Json, where: str = "") -> Iterator[str]:
    """Each place where two JSON values part."""
    if isinstance(came, dict) and isinstance(expected, dict):
        for name in sorted(came.keys() | expected.keys()):
            missing = "nothing"
            yield from differences(
                came.get(name, missing), expected.get(name, missing), f"{where}/{name}"
            )
    elif isinstance(came, list) and isinstance(expected, list) and len(came) == len(expected):
        for number, pair in enumerate(zip(came, expected, strict=True)):
            yield from differences(*pair, f"{where}/{number}")
    elif came != expected:
        yield f"{where or 'all'}: {expected} was expected, {came} came"


def _by_book(items: list[Json]) -> list[Json]:
    return sorted(items, key=lambda item: item["book_id"])
