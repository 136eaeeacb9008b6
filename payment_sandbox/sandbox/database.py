"""The SQLite database: its tables, and transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS payments (
    number         INTEGER NOT NULL,
    id             TEXT NOT NULL,
    reference      TEXT NOT NULL,
    amount         INTEGER NOT NULL,
    currency       TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    status         TEXT NOT NULL,
    captured       INTEGER NOT NULL,
    refunded       INTEGER NOT NULL,
    failure_code   TEXT,
    created_at     TEXT NOT NULL,
    CONSTRAINT pk_payments PRIMARY KEY (number),
    CONSTRAINT uq_payments_id UNIQUE (id),
    CONSTRAINT uq_payments_reference UNIQUE (reference),
    CONSTRAINT ck_payments_amount CHECK (amount >= 1),
    CONSTRAINT ck_payments_money
        CHECK (0 <= refunded AND refunded <= captured AND captured <= amount),
    CONSTRAINT ck_payments_status CHECK (status IN ('authorized', 'captured', 'failed')),
    CONSTRAINT ck_payments_captured CHECK ((status = 'captured') = (captured = amount)),
    CONSTRAINT ck_payments_failure_code CHECK ((status = 'failed') = (failure_code IS NOT NULL))
) STRICT;

CREATE TABLE IF NOT EXISTS refunds (
    number       INTEGER NOT NULL,
    id           TEXT NOT NULL,
    payment_id   TEXT NOT NULL,
    reference    TEXT NOT NULL,
    amount       INTEGER NOT NULL,
    status       TEXT NOT NULL,
    failure_code TEXT,
    created_at   TEXT NOT NULL,
    CONSTRAINT pk_refunds PRIMARY KEY (number),
    CONSTRAINT uq_refunds_id UNIQUE (id),
    CONSTRAINT uq_refunds_reference UNIQUE (reference),
    CONSTRAINT fk_refunds_payment_id FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT ck_refunds_amount CHECK (amount >= 1),
    CONSTRAINT ck_refunds_status CHECK (status IN ('succeeded', 'failed')),
    CONSTRAINT ck_refunds_failure_code CHECK ((status = 'failed') = (failure_code IS NOT NULL))
) STRICT;

CREATE TABLE IF NOT EXISTS entries (
    number     INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    refund_id  TEXT,
    amount     INTEGER NOT NULL,
    at         TEXT NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (number),
    CONSTRAINT uq_entries_refund_id UNIQUE (refund_id),
    CONSTRAINT fk_entries_payment_id FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT fk_entries_refund_id FOREIGN KEY (refund_id) REFERENCES refunds (id),
    CONSTRAINT ck_entries_amount CHECK (amount >= 1),
    CONSTRAINT ck_entries_kind CHECK (kind IN ('capture', 'refund')),
    CONSTRAINT ck_entries_refund_id CHECK ((kind = 'refund') = (refund_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS uq_entries_capture ON entries (payment_id) WHERE kind = 'capture';

CREATE TABLE IF NOT EXISTS events (
    number            INTEGER NOT NULL,
    id                TEXT NOT NULL,
    type              TEXT NOT NULL,
    reference         TEXT NOT NULL,
    body              TEXT NOT NULL,
    state             TEXT NOT NULL,
    copies            INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    last_status       INTEGER,
    next_attempt_at   TEXT,
    delivered_at      TEXT,
    created_at        TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (number),
    CONSTRAINT uq_events_id UNIQUE (id),
    CONSTRAINT ck_events_state
        CHECK (state IN ('pending', 'held', 'delivered', 'lost', 'given_up')),
    CONSTRAINT ck_events_copies CHECK (copies >= 0),
    CONSTRAINT ck_events_attempts CHECK (attempts >= 0),
    CONSTRAINT ck_events_next_attempt_at
        CHECK ((state IN ('pending', 'held')) = (next_attempt_at IS NOT NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS ix_events_due ON events (next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS ix_events_reference ON events (reference);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (key)
) STRICT;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the only connection of the process and create the tables. Raises sqlite3.Error.

    The server has one thread, and a statement takes microseconds. So requests execute their
    statements one after the other, without a connection pool.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(TABLES)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in a transaction. It must not `await`: all requests share the connection."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def written(moment: datetime) -> str:
    """Format a time as it is stored and sent: RFC 3339 in UTC, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    """Return the current time, formatted by `written`."""
    return written(datetime.now(UTC))
