"""Promise copies of a book, however many do so at once."""

from typing import Any, TYPE_CHECKING
from uuid import UUID


if TYPE_CHECKING:
    import psycopg


def reserve(connection: "psycopg.Connection[Any]", book_id: UUID, copies: int) -> bool:
    """Raise `reserved` by `copies` if so many are left; return whether they were.

    One statement asks and writes: it locks the row, and where it had to wait for somebody else's
    lock, PostgreSQL looks at the condition again.
    """
    done = connection.execute(
        "UPDATE books SET reserved = reserved + %s WHERE id = %s AND on_hand - reserved >= %s",
        (copies, book_id, copies),
    )
    return done.rowcount == 1
