"""Does the shop say what is wrong with a query?"""

import os

import httpx
import pytest

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


@pytest.mark.parametrize("path", ["/books", "/authors", "/categories"])
@pytest.mark.parametrize("name", ["limt", "Limit", "limit[]", "page"])
def test_a_parameter_that_there_is_not_is_named(path: str, name: str) -> None:
    answer = shop.get(path, params={name: "1"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert (error["location"], error["name"], error["code"]) == ("query", name, "unexpected")
