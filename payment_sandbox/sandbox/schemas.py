"""Schemas of requests, and the representation of rows in responses."""

import json
from collections.abc import Mapping
from sqlite3 import Row
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from sandbox.problems import InvalidRequest, MalformedRequest

LARGEST_AMOUNT = 999_999_999_999_999

Json = dict[str, Any]
Amount = Annotated[int, Field(ge=1, le=LARGEST_AMOUNT)]
Reference = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Input(BaseModel):
    """Base class of requests: unknown members are rejected, and types are strict."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, text: bytes | str) -> Self:
        """Parse JSON. Raises MalformedRequest and InvalidRequest."""
        try:
            from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise MalformedRequest(f"The body is not JSON: {error}") from None
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InvalidRequest(described(error)) from None

    @classmethod
    def read_query(cls, query: Mapping[str, str]) -> Self:
        """Parse query parameters. Raises InvalidRequest."""
        try:
            return cls.model_validate_strings(dict(query))
        except ValidationError as error:
            raise InvalidRequest(described(error)) from None


class NewPayment(Input):
    """The request body of createPayment."""

    reference: Reference
    amount: Amount
    currency: Currency
    payment_method: str = Field(pattern=r"^[\x20-\x7e]{1,100}$")
    capture: bool = True


class NewRefund(Input):
    """The request body of createRefund."""

    reference: Reference
    amount: Amount


class ByReference(Input):
    """The query parameters of findPayment and findRefund."""

    reference: Reference


class Page(Input):
    """The query parameters of a list: at most `limit` items after the one that `cursor` names."""

    reference: Reference | None = None
    cursor: int = Field(0, ge=0, lt=10**18)
    limit: int = Field(100, ge=1, le=1000)


def described(error: ValidationError) -> str:
    """Describe every validation error in one line."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'the request'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )


def payment(row: Row) -> Json:
    """Represent a payment, with its members in the contract's order and without the card."""
    return {
        name: row[name]
        for name in (
            "id",
            "reference",
            "amount",
            "currency",
            "status",
            "captured",
            "refunded",
            "failure_code",
            "created_at",
        )
    }


def refund(row: Row) -> Json:
    """Represent a refund, with the currency of its payment."""
    return {
        name: row[name]
        for name in (
            "id",
            "payment_id",
            "reference",
            "amount",
            "currency",
            "status",
            "failure_code",
            "created_at",
        )
    }


def entry(row: Row) -> Json:
    """Represent a ledger entry: a movement of money."""
    return {
        "id": f"le_{row['number']}",
        "kind": row["kind"],
        "payment_id": row["payment_id"],
        "payment_reference": row["payment_reference"],
        "refund_reference": row["refund_reference"],
        "amount": row["amount"],
        "currency": row["currency"],
        "at": row["at"],
    }


def event(row: Row) -> Json:
    """Represent an event and the state of its delivery."""
    return {
        "id": row["id"],
        "state": row["state"],
        "attempts": row["attempts"],
        "last_status": row["last_status"],
        "next_attempt_at": row["next_attempt_at"],
        "delivered_at": row["delivered_at"],
        "created_at": row["created_at"],
        "body": json.loads(row["body"]),
    }


def page(name: str, items: list[Json], rows: list[Row], limit: int) -> Json:
    """Build a page of a list, with the cursor of the next page or null."""
    last = rows[-1]["number"] if len(rows) == limit else None
    return {name: items, "next_cursor": None if last is None else str(last)}
