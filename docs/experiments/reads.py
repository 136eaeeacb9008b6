"""Reads that wait for the database: GET /books?limit=20 with 1, 8 and 64 clients, one worker."""

from collections import defaultdict

from measuring import ROUNDS, SECONDS, cpu_seconds, load, median, spread, table
from workbench.lessons import open_shops
from workbench.shops import implementations

PATH = "/books?limit=20"
CLIENTS = (1, 8, 64)


def main() -> None:
    """Measure in turn, on PostgreSQL, and print the medians."""
    rates: dict[tuple[int, str], list[float]] = defaultdict(list)
    costs: dict[tuple[int, str], list[float]] = defaultdict(list)
    with open_shops(*implementations(), database="postgres") as shops:
        for shop in shops:
            load(shop, PATH, clients=8, seconds=SECONDS)  # warm
        for clients in CLIENTS:
            for _ in range(ROUNDS):
                for shop in shops:
                    before = cpu_seconds(shop)
                    got = load(shop, PATH, clients=clients, seconds=SECONDS)
                    cost = (cpu_seconds(shop) - before) / len(got.latencies)
                    rates[clients, shop.name].append(got.rate)
                    costs[clients, shop.name].append(cost * 1000)
    print(f"GET {PATH}, one worker, PostgreSQL, {ROUNDS} rounds in turn\n")
    rows = [
        (
            *(f"{clients} at once", name),
            f"{median(values):.0f}",
            f"{median(values) / median(rates[clients, 'flask']):.2f}",
            spread(values),
            f"{median(costs[clients, name]):.2f}",
        )
        for (clients, name), values in rates.items()
    ]
    table(("clients", "", "requests/s", "to Flask", "rounds", "server CPU ms"), rows)


if __name__ == "__main__":
    main()
