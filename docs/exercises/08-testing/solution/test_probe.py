"""Is every book on exactly one page?"""

import os

import httpx
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)

SORTS = ["title", "price", "published_year", "rating"]


def walk(sort: str, limit: int) -> list[str]:
    """The ids of all books, page by page."""
    ids: list[str] = []
    query: dict[str, str | int] = {"sort": sort, "limit": limit}
    while True:
        page = shop.get("/books", params=query).raise_for_status().json()
        ids += [book["id"] for book in page["items"]]
        if page["next_cursor"] is None:
            return ids
        query["cursor"] = page["next_cursor"]


ALL = sorted(walk("newest", 100))


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(sort=st.sampled_from([*SORTS, *(f"-{sort}" for sort in SORTS)]), limit=st.integers(20, 100))
def test_pages_of_any_order_and_size_show_every_book_once(sort: str, limit: int) -> None:
    assert sorted(walk(sort, limit)) == ALL
