"""Can a server be replaced without losing a request?

`SHOP_PID` is the process of `bookstore serve`; it drains for two seconds.
"""

import os
import signal
import time

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def test_it_announces_that_it_stops_and_serves_on_meanwhile() -> None:
    assert shop.get("/health/ready").status_code == 200
    os.kill(int(os.environ["SHOP_PID"]), signal.SIGTERM)
    deadline = time.monotonic() + 1
    while (ready := shop.get("/health/ready").status_code) != 503:
        assert time.monotonic() < deadline, f"ready is {ready} a second after SIGTERM"
        time.sleep(0.05)
    assert shop.get("/health/live").status_code == 200
    assert shop.get("/books").status_code == 200
