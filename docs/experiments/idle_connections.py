"""Five hundred connections that say nothing: the memory they cost, and whether others notice."""

import asyncio
import statistics

from measuring import SECONDS, Connection, load, megabytes, table
from workbench.lessons import open_shops
from workbench.shops import Shop, implementations

CONNECTIONS = 500
PAUSE = 7
"""Longer than uvicorn keeps what is idle."""
PATH = "/books?limit=20"


def main() -> None:
    """Measure each of the three."""
    rows = []
    for name in implementations():
        with open_shops(name, database="postgres") as [shop]:
            load(shop, PATH, clients=8, seconds=1)  # warm
            rows.append((name, *asyncio.run(measured(shop))))
    print(f"{CONNECTIONS} idle connections beside one client that reads the catalogue\n")
    kept = ("open then", f"{PAUSE} s later")
    table(("", "MiB before", "with", "KiB each", "ms before", "with", *kept), rows)


async def measured(shop: Shop) -> tuple[object, ...]:
    """Memory and median latency before and with them, and how many are kept."""
    memory, before = megabytes(shop), await asyncio.to_thread(read, shop)
    idle = [await Connection.open(shop.port) for _ in range(CONNECTIONS)]
    for connection in idle:
        await connection.get("/health/live")
    with_them, during = megabytes(shop), await asyncio.to_thread(read, shop)
    kept = sum(connection.is_open for connection in idle)
    await asyncio.sleep(PAUSE)
    kept_long = sum(connection.is_open for connection in idle)
    for connection in idle:
        connection.close()
    each = 1024 * (with_them - memory) / CONNECTIONS
    figures = (memory, with_them, each, 1000 * before, 1000 * during)
    return (*(f"{figure:.1f}" for figure in figures), kept, kept_long)


def read(shop: Shop) -> float:
    """The median latency of a read, in seconds."""
    return statistics.median(load(shop, PATH, clients=1, seconds=SECONDS).latencies)


if __name__ == "__main__":
    main()
