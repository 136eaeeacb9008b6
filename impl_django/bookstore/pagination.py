"""Keyset pagination by (key, id): an insert neither repeats nor hides items (storage.md)."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db.models import CharField, F, IntegerField, QuerySet, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.http import HttpResponse
from rest_framework.request import Request

from .database import MomentField, RowBefore, RowComparison
from .errors import FieldError, ValidationFailed
from .fields import QueryInteger, StrictSerializer, Text
from .http import answer, timestamp

FIELDS = {str: CharField, int: IntegerField, datetime: MomentField}


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: an indexed column or expression and the id, both in one direction.

    `kind` is the key's type: str, int or datetime. The rows have the key as `sort_key`.
    """

    name: str
    key: F | RawSQL
    kind: type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some items as the API shows them, and the cursor to the next ones."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class PageQuery(StrictSerializer):
    """`limit` and `cursor`, which every list takes."""

    limit = QueryInteger(1, 100, default=20)
    cursor = Text(
        1, 4096, "[A-Za-z0-9_-]+", form="the next_cursor of a page of this list", default=None
    )


def paged(rows: QuerySet[Any], order: Order, limit: int, cursor: str | None) -> QuerySet[Any]:
    """`rows` from `cursor` on, with one more than `limit` to see whether there is a next page.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    rows = rows.annotate(sort_key=order.key)
    if cursor is not None:
        last_key, last_id = decode_cursor(cursor, order)
        comparison = RowBefore if order.descending else RowComparison
        last = Value(last_key, FIELDS[order.kind]()), Value(last_id, UUIDField())
        rows = rows.filter(comparison(order.key, F("id"), *last))
    key = F("sort_key")
    directed = (key.desc(), F("id").desc()) if order.descending else (key.asc(), F("id").asc())
    return rows.order_by(*directed)[: limit + 1]


def page_of(
    rows: Iterable[Any], order: Order, limit: int, show: Callable[[Any], dict[str, Any]]
) -> Page:
    """The rows that fit, shown, and the cursor behind the last one if more follow."""
    found = list(rows)
    shown = found[:limit]
    more = len(found) > limit
    return Page([show(row) for row in shown], encode_cursor(shown[-1], order) if more else None)


def encode_cursor(row: Any, order: Order) -> str:
    """The cursor behind `row`."""
    key = timestamp(row.sort_key) if order.kind is datetime else row.sort_key
    return _encode([order.name, key, str(row.id)])


def _encode(value: list[Any]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode())
        .rstrip(b"=")
        .decode()
    )


def decode_cursor(cursor: str, order: Order) -> tuple[Any, UUID]:
    """The sort key and id that `cursor` stands behind.

    Raises:
        ValidationFailed: it is not one of this list in this order.
    """
    try:
        value = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        )
        name, key, ident = value
        if _encode(value) != cursor or name != order.name or str(UUID(ident)) != ident:
            raise ValueError(cursor)
        return _decode_key(key, order.kind), UUID(ident)
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise ValidationFailed(
            FieldError(
                "query", "cursor", "format", "must be the next_cursor of a page of this list"
            )
        ) from None


def _decode_key(key: Any, kind: Any) -> Any:
    if kind is datetime:
        moment = datetime.strptime(key, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        if timestamp(moment) != key:
            raise ValueError(key)
        return moment
    if (
        type(key) is not kind
        or (kind is int and abs(key) >= 2**31)
        or (kind is str and "\x00" in key)
    ):
        raise ValueError(key)
    if kind is str:
        key.encode()  # a lone surrogate is no text
    return key


def page_answer(request: Request, page: Page, *, public: bool = False) -> HttpResponse:
    """A page, and where the next one is (RFC 8288)."""
    response = answer({"items": page.items, "next_cursor": page.next_cursor}, public=public)
    if page.next_cursor:
        parameters = {**dict(parse_qsl(request.META["QUERY_STRING"])), "cursor": page.next_cursor}
        response["Link"] = f'<{request.path}?{urlencode(parameters)}>; rel="next"'
    return response
