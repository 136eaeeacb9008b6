"""Which answer costs more the longer it is? The shop sends Server-Timing."""

import os
import re

import httpx
import pytest

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def queries(path: str, limit: int) -> int:
    """How many SQL statements a page costs."""
    answer = shop.get(path, params={"limit": limit}).raise_for_status()
    told = re.search(r'desc="(\d+) queries"', answer.headers["Server-Timing"])
    assert told
    return int(told[1])


@pytest.mark.parametrize("path", ["/books", "/authors", "/categories"])
def test_a_long_page_costs_no_more_statements_than_a_short_one(path: str) -> None:
    assert queries(path, 50) == queries(path, 2)
