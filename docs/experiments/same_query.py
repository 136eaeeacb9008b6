"""One query, three ORMs: the SQL that each makes of "books up to 15.00, by price, 20 of them"."""

import os
import re
import subprocess

from workbench import ROOT

PROGRAMS = {
    "flask": """
from bookstore.catalogue.queries import BOOK_ORDERS, _filtered, _summary
from bookstore.pagination import paged
from sqlalchemy.dialects import postgresql
statement = paged(_filtered(_summary, price_max=1500), BOOK_ORDERS["price"], 20, None)
print(statement.compile(dialect=postgresql.dialect()))
""",
    "fastapi": """
from bookstore.catalogue.queries import _book_pages, _narrowed
from bookstore.catalogue.schemas import BookQuery
from sqlalchemy.dialects import postgresql
statement = _narrowed(_book_pages["price"], BookQuery(price_max="1500", sort="price"))
print(statement.compile(dialect=postgresql.dialect()))
""",
    "django": """
import bookstore.wsgi
from bookstore.catalogue.models import Book
from bookstore.catalogue.queries import BOOK_ORDERS, SUMMARY_COLUMNS, _filtered
from bookstore.pagination import paged
books = paged(_filtered(Book.objects.all(), price_max=1500), BOOK_ORDERS["price"], 20, None)
print(books.values_list(*SUMMARY_COLUMNS, "sort_key").query)
""",
}


def main() -> None:
    """Print the three."""
    for name, program in PROGRAMS.items():
        python = ROOT / f"impl_{name}" / ".venv" / "bin" / "python"
        environment = {**os.environ, "BOOKSTORE_ENV": "development"}
        done = subprocess.run(
            [python, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        print(f"--- {name}\n{shortened(done.stdout)}\n")


def shortened(statement: str) -> str:
    """In lines of a clause each, with few of the columns."""
    text = " ".join(statement.replace('"', "").split())
    text = re.sub(r"SELECT (\S+ \S+ ?\S*,).*? FROM books", r"SELECT \1 … FROM books", text, count=1)
    return re.sub(r" (FROM books|LEFT|WHERE|ORDER|LIMIT)", r"\n\1", text)


if __name__ == "__main__":
    main()
