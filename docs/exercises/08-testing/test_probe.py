"""Is every book on exactly one page?"""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def test_two_pages_share_no_book() -> None:
    first = shop.get("/books", params={"limit": 10}).json()
    second = shop.get("/books", params={"limit": 10, "cursor": first["next_cursor"]}).json()
    shared = {book["id"] for book in first["items"]} & {book["id"] for book in second["items"]}
    assert not shared
