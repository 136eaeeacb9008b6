"""Reads of accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from ..database import AnyRow, reading
from ..errors import NotFound
from ..pagination import Order, Page, page_of, paged
from .models import User
from .schemas import show_user

NEWEST = Order("newest", User.created_at, User.id, datetime, descending=True)
_user = select(
    User.id,
    User.email,
    User.name,
    User.role,
    User.disabled,
    User.version,
    User.created_at,
    User.updated_at,
)


def list_users(
    *, limit: int, cursor: str | None, role: str | None = None, disabled: bool | None = None
) -> Page:
    """A page of accounts, newest first.

    Raises:
        ValidationFailed: the cursor is not one of this list.
    """
    statement = _user
    if role is not None:
        statement = statement.where(User.role == role)
    if disabled is not None:
        statement = statement.where(User.disabled == disabled)
    with reading() as connection:
        rows = connection.execute(paged(statement, NEWEST, limit, cursor)).all()
    return page_of(rows, NEWEST, limit, show_user)


def get_user(*, user_id: UUID) -> AnyRow:
    """One account.

    Raises:
        NotFound: there is none with this id.
    """
    with reading() as connection:
        row = connection.execute(_user.where(User.id == user_id)).first()
    if row is None:
        raise NotFound
    return row
