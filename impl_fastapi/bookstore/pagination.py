"""Keyset pages and their cursors (storage.md, Cursors)."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import ColumnElement, Integer, Select, bindparam, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import AnyRow
from .errors import ValidationFailed
from .fields import StrictModel, query_integer, text
from .http import answer, timestamp
from .problem import FieldError

CURSOR = re.compile(r"[A-Za-z0-9_-]+")
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class PageQuery(StrictModel):
    """What every list takes."""

    limit: Annotated[int, query_integer(1, 100)] = 20
    cursor: (
        Annotated[str, text(1, 4096, CURSOR, form="the next_cursor of a page of this list")] | None
    ) = None


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a list is sorted: by `key`, then by `id` in the same direction; `name` is the `sort`."""

    name: str
    key: Any
    id: Any
    descending: bool = False

    def sorted(self, statement: Select[Any]) -> Select[Any]:
        """`statement` in this order, for `fetch_page`; built once, at import."""
        columns = (self.key, self.id)
        order = (column.desc() if self.descending else column.asc() for column in columns)
        with_key = statement.add_columns(self.key.label("key"))
        return with_key.order_by(*order).limit(bindparam("rows", type_=Integer))


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and where the next ones begin."""

    rows: Sequence[AnyRow]
    next_cursor: str | None


async def fetch_page(
    connection: AsyncConnection,
    statement: Select[Any],
    order: Ordering,
    *,
    limit: int,
    cursor: str | None,
) -> Page:
    """The page after `cursor` of a statement that `order` has `sorted`.

    Raises ValidationFailed if the cursor is none of this order.
    """
    if cursor is not None:
        statement = statement.where(_after(order, cursor))
    rows = (await connection.execute(statement, {"rows": limit + 1})).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, encode_cursor(order.name, rows[-1].key, rows[-1].id) if more else None)


def encode_cursor(sort: str, key: str | int | datetime, id_: UUID) -> str:
    """The place after one item."""
    if isinstance(key, datetime):
        key = timestamp(key)
    plain = json.dumps([sort, key, str(id_)], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, sort: str, kind: type) -> tuple[Any, UUID]:
    """The key and id that a cursor of this sort names.

    Raises ValidationFailed if it names none.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, key, id_ = json.loads(base64.urlsafe_b64decode(padded))
        id_ = UUID(id_)
        if name != sort or encode_cursor(sort, key, id_) != cursor:
            raise ValueError(cursor)
        return _KEY_READERS[kind](key), id_
    except (ValueError, TypeError, AttributeError, RecursionError):
        detail = "must be the next_cursor of a page of this list"
        raise ValidationFailed(FieldError("query", "cursor", "format", detail)) from None


def _text_key(key: object) -> str:
    if not isinstance(key, str) or "\0" in key:
        raise ValueError(key)
    key.encode()  # fails on a lone surrogate
    return key


def _integer_key(key: object) -> int:
    if type(key) is not int or not -(2**31) <= key < 2**31:
        raise ValueError(key)
    return key


def _time_key(key: object) -> datetime:
    if not isinstance(key, str) or not TIMESTAMP.fullmatch(key):
        raise ValueError(key)
    return datetime.fromisoformat(key)


_KEY_READERS: dict[type, Callable[[object], Any]] = {
    str: _text_key,
    int: _integer_key,
    datetime: _time_key,
}


def _after(order: Ordering, cursor: str) -> ColumnElement[bool]:
    key_type, id_type = order.key.type, order.id.type
    key, id_ = decode_cursor(cursor, order.name, key_type.python_type)
    place = tuple_(literal(key, key_type), literal(id_, id_type))
    here = tuple_(order.key, order.id)
    return here < place if order.descending else here > place


def page_answer(
    request: Request, page: Page, show: Callable[[AnyRow], Any], *, public: bool = False
) -> Response:
    """A page as the contract has it, with `Link` to the next one (RFC 8288)."""
    items = [show(row) for row in page.rows]
    response = answer({"items": items, "next_cursor": page.next_cursor}, public=public)
    if page.next_cursor:
        asked = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)
        query = [pair for pair in asked if pair[0] != "cursor"] + [("cursor", page.next_cursor)]
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
    return response
