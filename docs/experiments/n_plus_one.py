"""Measure N+1 queries from outside: the cost of a page without and with the bug."""

import re

from measuring import table
from workbench import ROOT
from workbench.lessons import broken_copy, open_shops
from workbench.shops import Shop

LIMITS = (1, 20, 100)
TIMED = {"BOOKSTORE_DEBUG_TIMING": "1"}


def main() -> None:
    """Measure Django as it is, and as a copy with the bug."""
    rows = []
    with broken_copy("n-plus-one-queries-in-book-list", "django") as copy:
        for what, root in (("as it is", ROOT), ("with the bug", copy)):
            with open_shops("django", database="postgres", root=root, settings=TIMED) as [shop]:
                rows += [(what, limit, *cost(shop, limit)) for limit in LIMITS]
    table(("GET /books", "limit", "queries", "db ms", "app ms"), rows)


def cost(shop: Shop, limit: int) -> tuple[str, str, str]:
    """What Server-Timing says of the third of three equal requests."""
    with shop.client() as client:
        for _ in range(3):
            told = client.get("/books", params={"limit": limit}).headers["Server-Timing"]
    found = re.fullmatch(r'app;dur=(.+), db;dur=(.+);desc="(\d+) queries"', told)
    if not found:
        raise ValueError(told)
    return found[3], found[2], found[1]


if __name__ == "__main__":
    main()
