"""Can a server be replaced without losing a request?

`SHOP_PID` is the process of `bookstore serve`; it drains for two seconds.
"""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def test_it_is_ready() -> None:
    assert shop.get("/health/ready").status_code == 200
