"""What the smoke profile runs: one case of every test that is quick."""

from itertools import groupby
from random import Random

import pytest

from harness import options


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Of each test function one case, another one with another seed; none that takes seconds."""
    quick = [item for item in items if not item.get_closest_marker("slow")]
    cases = [list(group) for _, group in groupby(quick, function)]
    random = Random(options.chosen().seed)
    return [random.choice(each) for each in cases]


def function(item: pytest.Item) -> str:
    """The name of a test without that of its case."""
    return item.nodeid.partition("[")[0]
