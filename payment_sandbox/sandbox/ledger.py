"""Payments and refunds: 0 <= refunded <= captured <= amount, with a ledger entry per movement.

Call the functions that write inside a transaction.
"""

import secrets
from sqlite3 import Connection, IntegrityError, Row

from sandbox import outbox
from sandbox.database import now
from sandbox.faults import Faults
from sandbox.problems import (
    AmountExceedsCaptured,
    NotFound,
    PaymentNotAuthorized,
    ReferenceInUse,
    UnknownPaymentMethod,
)
from sandbox.schemas import NewPayment, NewRefund, Page

FAILURES = {
    "pm_card_visa": None,
    "pm_card_mastercard": None,
    "pm_card_refund_fails": None,
    "pm_card_declined": "card_declined",
    "pm_card_insufficient_funds": "insufficient_funds",
    "pm_card_expired": "card_expired",
}
"""The test cards, and the failure code of a payment with each (None: it succeeds)."""

REFUND_FAILURES = {"pm_card_refund_fails": "refund_refused"}


def create_payment(connection: Connection, faults: Faults, wanted: NewPayment) -> Row:
    """Charge a card, or only authorize the charge if `capture` is false.

    A declined card creates a `failed` payment. Raises UnknownPaymentMethod and ReferenceInUse.
    """
    if wanted.payment_method not in FAILURES:
        raise UnknownPaymentMethod(f"There is no payment method {wanted.payment_method}.")
    failure = FAILURES[wanted.payment_method]
    status = "failed" if failure else "captured" if wanted.capture else "authorized"
    captured = wanted.amount if status == "captured" else 0
    payment_id = f"pay_{secrets.token_hex(12)}"
    try:
        connection.execute(
            "INSERT INTO payments (id, reference, amount, currency, payment_method, status,"
            " captured, refunded, failure_code, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
            [
                payment_id,
                wanted.reference,
                wanted.amount,
                wanted.currency,
                wanted.payment_method,
                status,
                captured,
                failure,
                now(),
            ],
        )
    except IntegrityError:
        raise ReferenceInUse("Another payment has this reference.") from None
    payment = get_payment(connection, payment_id)
    if captured:
        enter(connection, "capture", payment)
    if status != "authorized":
        outbox.record(connection, faults, f"payment.{status}", payment)
    return payment


def find_payments(connection: Connection, reference: str) -> list[Row]:
    """Return the payment with this reference, in a list of at most one."""
    return connection.execute("SELECT * FROM payments WHERE reference = ?", [reference]).fetchall()


def get_payment(connection: Connection, payment_id: str) -> Row:
    """Return a payment by its id. Raises NotFound."""
    row: Row | None = connection.execute(
        "SELECT * FROM payments WHERE id = ?", [payment_id]
    ).fetchone()
    if row is None:
        raise NotFound("There is no such payment.")
    return row


def capture_payment(connection: Connection, faults: Faults, payment_id: str) -> Row:
    """Capture the authorized amount. Raises NotFound and PaymentNotAuthorized."""
    payment = get_payment(connection, payment_id)
    if payment["status"] != "authorized":
        raise PaymentNotAuthorized(f"The payment is {payment['status']}.")
    connection.execute(
        "UPDATE payments SET status = 'captured', captured = amount WHERE id = ?", [payment_id]
    )
    enter(connection, "capture", payment)
    payment = get_payment(connection, payment_id)
    outbox.record(connection, faults, "payment.captured", payment)
    return payment


def create_refund(
    connection: Connection, faults: Faults, payment_id: str, wanted: NewRefund
) -> Row:
    """Refund a payment. Raises NotFound, AmountExceedsCaptured and ReferenceInUse."""
    payment = get_payment(connection, payment_id)
    left = payment["captured"] - payment["refunded"]
    if wanted.amount > left:
        raise AmountExceedsCaptured(f"At most {left} can be refunded.")
    failure = REFUND_FAILURES.get(payment["payment_method"])
    status = "failed" if failure else "succeeded"
    refund_id = f"re_{secrets.token_hex(12)}"
    try:
        connection.execute(
            "INSERT INTO refunds (id, payment_id, reference, amount, status, failure_code,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [refund_id, payment_id, wanted.reference, wanted.amount, status, failure, now()],
        )
    except IntegrityError:
        raise ReferenceInUse("Another refund has this reference.") from None
    refund = find_refunds(connection, wanted.reference)[0]
    if status == "succeeded":
        connection.execute(
            "UPDATE payments SET refunded = refunded + ? WHERE id = ?", [wanted.amount, payment_id]
        )
        enter(connection, "refund", payment, refund)
    outbox.record(connection, faults, f"refund.{status}", refund, payment["reference"])
    return refund


def find_refunds(connection: Connection, reference: str) -> list[Row]:
    """Return the refund with this reference, in a list of at most one."""
    return connection.execute(
        "SELECT refunds.*, payments.currency, payments.reference AS payment_reference"
        " FROM refunds JOIN payments ON payments.id = refunds.payment_id"
        " WHERE refunds.reference = ?",
        [reference],
    ).fetchall()


def list_entries(connection: Connection, page: Page) -> list[Row]:
    """Return ledger entries, oldest first; `page.reference` is that of a payment."""
    return connection.execute(
        "SELECT entries.*, payments.currency, payments.reference AS payment_reference,"
        " refunds.reference AS refund_reference"
        " FROM entries JOIN payments ON payments.id = entries.payment_id"
        " LEFT JOIN refunds ON refunds.id = entries.refund_id"
        " WHERE entries.number > ? AND (? IS NULL OR payments.reference = ?)"
        " ORDER BY entries.number LIMIT ?",
        [page.cursor, page.reference, page.reference, page.limit],
    ).fetchall()


def enter(connection: Connection, kind: str, payment: Row, refund: Row | None = None) -> None:
    """Add a ledger entry for a movement of money."""
    connection.execute(
        "INSERT INTO entries (kind, payment_id, refund_id, amount, at) VALUES (?, ?, ?, ?, ?)",
        [
            kind,
            payment["id"],
            refund["id"] if refund else None,
            refund["amount"] if refund else payment["amount"],
            now(),
        ],
    )
