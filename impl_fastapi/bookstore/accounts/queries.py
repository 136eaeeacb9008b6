"""Reads of accounts: they select what they show."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..database import AnyRow
from ..errors import NotFound
from ..pagination import Ordering, Page, fetch_page
from .models import users
from .schemas import UserQuery

_shown = select(
    users.id,
    users.email,
    users.name,
    users.role,
    users.disabled,
    users.version,
    users.created_at,
    users.updated_at,
)
_newest = Ordering("newest", users.created_at, users.id, descending=True)
_pages = _newest.sorted(_shown)


async def list_users(connection: AsyncConnection, *, query: UserQuery) -> Page:
    """A page of accounts, newest first (listUsers).

    Raises ValidationFailed for a bad cursor.
    """
    statement = _pages
    if query.role is not None:
        statement = statement.where(users.role == query.role)
    if query.disabled is not None:
        statement = statement.where(users.disabled == query.disabled)
    return await fetch_page(connection, statement, _newest, limit=query.limit, cursor=query.cursor)


async def get_user(connection: AsyncConnection, *, user_id: UUID) -> AnyRow:
    """An account (getUser, getMe).

    Raises NotFound.
    """
    row = (await connection.execute(_shown.where(users.id == user_id))).first()
    if row is None:
        raise NotFound
    return row
