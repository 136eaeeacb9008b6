"""The selection of the smoke profile: one case of every quick test."""

from itertools import groupby
from random import Random

import pytest

from harness import options


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Choose one case of each test function that is not marked slow; the seed decides which."""
    quick = [item for item in items if not item.get_closest_marker("slow")]
    cases = [list(group) for _, group in groupby(quick, function)]
    random = Random(options.chosen().seed)
    return [random.choice(each) for each in cases]


def function(item: pytest.Item) -> str:
    """Return the name of a test without its parameters."""
    return item.nodeid.partition("[")[0]
