"""Which answer costs more the longer it is? The shop sends Server-Timing."""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def test_the_answers_come() -> None:
    assert shop.get("/books").headers["Server-Timing"]
