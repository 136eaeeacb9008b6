"""A payment provider that takes three seconds: who waits with it, and what GET /books does then."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
from measuring import load, median, table
from workbench.lessons import open_shops
from workbench.shops import DEMO_ADDRESS, DEMO_CARD, Shop, implementations

ORDERS = 24
DELAY = 3.0
SLOW = {"on": "createPayment", "kind": "delay", "seconds": DELAY, "times": None}


def main() -> None:
    """Pay many orders at once, and read the catalogue meanwhile."""
    rows = []
    for name in implementations():
        with open_shops(name, database="postgres") as [shop]:
            rows.append((name, *measured(shop)))
    print(f"{ORDERS} payments at once, a provider that takes {DELAY:.0f} s, one worker\n")
    heads = ("", "charged", "refused", "took s", "GET /books before", "meanwhile", "slowest")
    table(heads, rows)


def measured(shop: Shop) -> tuple[object, ...]:
    """Payments by answer, the time of the last one, and the catalogue's latencies in ms."""
    with shop.client() as client:
        client.headers["Authorization"] = f"Bearer {shop.token('customer@bookstore.example')}"
        orders = [placed(client, book) for book in books(client)]
    if shop.sandbox:
        with shop.sandbox.client() as provider:
            provider.post("/faults", json=SLOW).raise_for_status()
    before = load(shop, "/books?limit=20", clients=1, seconds=DELAY / 2)
    token, together = client.headers["Authorization"], threading.Barrier(ORDERS + 1)

    def pay(order: str) -> int:
        headers = {"Authorization": token, "Idempotency-Key": str(uuid4())}
        with shop.client() as own:
            together.wait()
            body = {"payment_method": DEMO_CARD}
            return own.post(f"/orders/{order}/payments", json=body, headers=headers).status_code

    with ThreadPoolExecutor(ORDERS) as customers:
        answers = [customers.submit(pay, order) for order in orders]
        together.wait()
        began = time.monotonic()
        time.sleep(0.5)  # by then they wait
        during = load(shop, "/books?limit=20", clients=1, seconds=DELAY - 1)
        got = Counter(answer.result() for answer in answers)
        took = time.monotonic() - began
    times = (median(before.latencies), median(during.latencies), max(during.latencies))
    return (got[201], got[503], f"{took:.1f}", *(f"{1000 * each:.1f}" for each in times))


def books(client: httpx.Client) -> list[str]:
    """As many books as are to be ordered."""
    query: dict[str, str | int] = {"in_stock": "true", "limit": ORDERS}
    return [book["id"] for book in client.get("/books", params=query).json()["items"]]


def placed(client: httpx.Client, book: str) -> str:
    """The id of a new order of one copy."""
    client.put(f"/cart/items/{book}", json={"quantity": 1}).raise_for_status()
    headers = {"Idempotency-Key": str(uuid4())}
    answer = client.post("/orders", json={"shipping_address": DEMO_ADDRESS}, headers=headers)
    order: str = answer.raise_for_status().json()["id"]
    return order


if __name__ == "__main__":
    main()
