"""What a page costs: rows read with an index and without, by keyset and by OFFSET."""

import json
import subprocess
from typing import Any

import psycopg
from measuring import table
from workbench import ROOT
from workbench.lessons import open_shops

BOOKS = 5000
PAGE = (
    "SELECT id, title, price_amount FROM books {where} ORDER BY price_amount, id LIMIT 20 {offset}"
)


def main() -> None:
    """Explain each page."""
    with open_shops("flask", database="postgres", serving=False) as [shop]:
        bookstore = ROOT / "impl_flask" / ".venv" / "bin" / "bookstore"
        subprocess.run(
            [bookstore, "seed", "--books", str(BOOKS)],
            env=shop.environment,
            check=True,
            capture_output=True,
        )
        with psycopg.connect(shop.database_url, autocommit=True) as connection:
            connection.execute("ANALYZE books")
            print(f"{BOOKS} books and the seed, by price\n")
            table(("", "first step", "rows read", "buffers"), explained(connection))


def explained(connection: "psycopg.Connection[Any]") -> list[tuple[object, ...]]:
    """The plans of five pages."""
    last = connection.execute(PAGE.format(where="", offset="OFFSET 3999")).fetchone()
    if last is None:
        raise LookupError("there are too few books")
    after = f"WHERE (price_amount, id) > ({last[2]}, '{last[0]}'::uuid)"
    first, later = PAGE.format(where="", offset=""), PAGE.format(where=after, offset="")
    rows: list[tuple[object, ...]] = [
        ("the first page", *plan(connection, first)),
        ("page 201, by OFFSET", *plan(connection, PAGE.format(where="", offset="OFFSET 4000"))),
        ("page 201, after the last book", *plan(connection, later)),
    ]
    connection.execute("DROP INDEX ix_books_price")
    return [
        *rows,
        ("the first page, no index", *plan(connection, first)),
        ("page 201, after the last book, no index", *plan(connection, later)),
    ]


def plan(connection: "psycopg.Connection[Any]", query: str) -> tuple[str, int, int]:
    """The kind of scan, the rows that it read, and the 8 KiB blocks that were touched."""
    row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}").fetchone()
    told = row[0] if row else "[]"
    top = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    node = top
    while "Plans" in node:
        node = next(each for each in node["Plans"] if each["Parent Relationship"] == "Outer")
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return node["Node Type"], int(read), top["Shared Hit Blocks"] + top["Shared Read Blocks"]


if __name__ == "__main__":
    main()
