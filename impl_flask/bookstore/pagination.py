"""Pages by keyset: everything after (key, id), so that inserts neither repeat nor hide an item.

See storage.md, Cursors.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, request
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from .database import AnyRow, AnySelect
from .errors import FieldError, ValidationFailed
from .fields import QueryInteger, StrictSchema, Text
from .http import answer, timestamp


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: an indexed expression and the id, both in one direction.

    `kind` is the key's type: str, int or datetime. The statement selects the expression as
    `sort_key`.
    """

    name: str
    key: ColumnElement[Any] | InstrumentedAttribute[Any]
    id: InstrumentedAttribute[UUID]
    kind: type[str] | type[int] | type[datetime]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some items as the API shows them, and the cursor to the next ones."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class PageQuery(StrictSchema):
    """`limit` and `cursor`, which every list takes."""

    limit = QueryInteger(1, 100, load_default=20)
    cursor = Text(
        1, 4096, "[A-Za-z0-9_-]+", form="the next_cursor of a page of this list", load_default=None
    )


def paged(statement: AnySelect, order: Order, limit: int, cursor: str | None) -> AnySelect:
    """Restrict `statement` to the page after `cursor`, plus one row.

    The additional row shows whether there is a next page.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    key, ident = order.key, order.id
    if cursor is not None:
        last_key, last_id = decode_cursor(cursor, order)
        if order.descending:
            after = and_(key <= last_key, or_(key < last_key, ident < last_id))
        else:
            after = and_(key >= last_key, or_(key > last_key, ident > last_id))
        statement = statement.where(after)
    direction = (key.desc(), ident.desc()) if order.descending else (key.asc(), ident.asc())
    return statement.add_columns(key.label("sort_key")).order_by(*direction).limit(limit + 1)


def page_of(
    rows: Sequence[AnyRow], order: Order, limit: int, show: Callable[[AnyRow], dict[str, Any]]
) -> Page:
    """The rows that fit, shown, and the cursor behind the last one if more follow."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page([show(row) for row in shown], encode_cursor(shown[-1], order) if more else None)


def encode_cursor(row: AnyRow, order: Order) -> str:
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


def _decode_key(key: Any, kind: type[Any]) -> Any:
    if kind is datetime:
        moment = datetime.strptime(key, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        if timestamp(moment) != key:
            raise ValueError(key)
        return moment
    valid = {str: _is_text, int: _is_small_integer}[kind]
    if not valid(key):
        raise ValueError(key)
    return key


def _is_text(key: Any) -> bool:
    return isinstance(key, str) and not re.search("[\x00\ud800-\udfff]", key)


def _is_small_integer(key: Any) -> bool:
    return type(key) is int and abs(key) < 2**31


def page_answer(page: Page, *, public: bool = False) -> Response:
    """A page, and where the next one is (RFC 8288)."""
    response = answer({"items": page.items, "next_cursor": page.next_cursor}, public=public)
    if page.next_cursor:
        parameters = {**request.args.to_dict(), "cursor": page.next_cursor}
        response.headers["Link"] = f'<{request.path}?{urlencode(parameters)}>; rel="next"'
    return response
