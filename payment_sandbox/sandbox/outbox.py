"""The outbox: an event is written in the transaction of its payment or refund, then delivered."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection, Row

from sandbox.database import now, written
from sandbox.faults import Faults
from sandbox.problems import NotFound
from sandbox.schemas import Page

HELD_SECONDS = 3.0
"""How long a reordered event waits for a later event to be delivered first."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 60.0
ATTEMPTS = 20
"""After this many attempts, about a quarter of an hour, delivery ends."""


def record(
    connection: Connection, faults: Faults, kind: str, row: Row, *payment_references: str
) -> None:
    """Write the event for a payment or a refund; a fault can delay, lose or repeat it."""
    moment = datetime.now(UTC)
    body = {
        "type": kind,
        "timestamp": written(moment),
        "data": {
            name: row[name] for name in ("id", "reference", "amount", "currency", "failure_code")
        },
    }
    fault = faults.take("deliverEvent", {row["reference"], *payment_references})
    fate = fault.wanted.kind if fault else None
    pause = fault.wanted.seconds if fault else 0.0
    if fate == "reorder":
        pause += HELD_SECONDS
    connection.execute(
        "INSERT INTO events (id, type, reference, body, state, copies, attempts, next_attempt_at,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
        [
            f"evt_{secrets.token_hex(12)}",
            kind,
            row["reference"],
            json.dumps(body),
            {"lose": "lost", "reorder": "held"}.get(fate or "", "pending"),
            2 if fate == "duplicate" else 1,
            None if fate == "lose" else written(moment + timedelta(seconds=pause)),
            body["timestamp"],
        ],
    )


def list_events(connection: Connection, page: Page) -> list[Row]:
    """Return events, oldest first; `page.reference` is that of the payment or refund."""
    return connection.execute(
        "SELECT * FROM events WHERE number > ? AND (? IS NULL OR reference = ?)"
        " ORDER BY number LIMIT ?",
        [page.cursor, page.reference, page.reference, page.limit],
    ).fetchall()


def get_event(connection: Connection, event_id: str) -> Row:
    """Return an event by its id. Raises NotFound."""
    row: Row | None = connection.execute("SELECT * FROM events WHERE id = ?", [event_id]).fetchone()
    if row is None:
        raise NotFound("There is no such event.")
    return row


def upcoming_events(connection: Connection, most: int) -> list[Row]:
    """Return events that still have to be delivered, in the order in which they are due."""
    return connection.execute(
        "SELECT * FROM events WHERE next_attempt_at IS NOT NULL"
        " ORDER BY next_attempt_at, number LIMIT ?",
        [most],
    ).fetchall()


def seconds_until(event: Row) -> float:
    """Return the seconds until the event is due; zero or less means now."""
    due = datetime.fromisoformat(event["next_attempt_at"])
    return (due - datetime.now(UTC)).total_seconds()


def note_delivery(connection: Connection, event: Row, status: int) -> None:
    """Record a delivery: schedule the next copy, if any, and release older held events."""
    note_attempt(connection, event, status)
    moment = now()
    connection.execute(
        "UPDATE events SET delivered_at = :moment, copies = max(copies - 1, 0),"
        " state = CASE WHEN copies > 1 THEN 'pending' ELSE 'delivered' END,"
        " next_attempt_at = CASE WHEN copies > 1 THEN :moment END"
        " WHERE id = :id",
        {"moment": moment, "id": event["id"]},
    )
    connection.execute(
        "UPDATE events SET state = 'pending', next_attempt_at = ?"
        " WHERE state = 'held' AND number < ?",
        [moment, event["number"]],
    )


def note_failure(connection: Connection, event: Row, status: int | None) -> None:
    """Record a failed attempt (`status` is None without a response) and schedule the next.

    An event that had no further attempt scheduled keeps its state.
    """
    note_attempt(connection, event, status)
    attempts = event["attempts"] + 1
    pause = timedelta(seconds=min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1)))
    again = attempts < ATTEMPTS
    connection.execute(
        "UPDATE events SET state = ?, next_attempt_at = ?"
        " WHERE id = ? AND next_attempt_at IS NOT NULL",
        [
            "pending" if again else "given_up",
            written(datetime.now(UTC) + pause) if again else None,
            event["id"],
        ],
    )


def note_attempt(connection: Connection, event: Row, status: int | None) -> None:
    """Count an attempt and store the status of the response."""
    connection.execute(
        "UPDATE events SET attempts = attempts + 1, last_status = ? WHERE id = ?",
        [status, event["id"]],
    )
