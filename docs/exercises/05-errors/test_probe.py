"""Does the shop say what is wrong with a query?"""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def test_a_bad_value_is_refused() -> None:
    answer = shop.get("/books", params={"limit": "many"})
    assert answer.status_code == 422
