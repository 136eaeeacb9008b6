"""Promise copies of a book, however many do so at once."""

from typing import Any, TYPE_CHECKING
from uuid import UUID


if TYPE_CHECKING:
    import psycopg


def reserve(connection: "psycopg.Connection[Any]", book_id: UUID, copies: int) -> bool:
    """Raise `reserved` by `copies` if so many are left; return whether they were.

    The caller commits. This one asks first and writes then, and promises more than there is.
    """
    row = connection.execute(
        "SELECT on_hand, reserved FROM books WHERE id = %s", (book_id,)
    ).fetchone()
    if row is None or row[0] - row[1] < copies:
        return False
    connection.execute("UPDATE books SET reserved = %s WHERE id = %s", (row[1] + copies, book_id))
    return True
