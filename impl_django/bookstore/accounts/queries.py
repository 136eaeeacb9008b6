"""Reads of accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from ..errors import NotFound
from ..pagination import Order, Page, page_of, paged
from .models import User
from .schemas import show_user

NEWEST = Order("newest", F("created_at"), datetime, descending=True)
COLUMNS = ("id", "email", "name", "role", "disabled", "version", "created_at", "updated_at")


def list_users(
    *, limit: int, cursor: str | None, role: str | None = None, disabled: bool | None = None
) -> Page:
    """A page of accounts, newest first.

    Raises:
        ValidationFailed: the cursor is not one of this list.
    """
    users = User.objects.all()
    if role is not None:
        users = users.filter(role=role)
    if disabled is not None:
        users = users.filter(disabled=disabled)
    rows = paged(users, NEWEST, limit, cursor).values_list(*COLUMNS, "sort_key", named=True)
    return page_of(rows, NEWEST, limit, show_user)


def get_user(*, user_id: UUID) -> Any:
    """One account.

    Raises:
        NotFound: there is none with this id.
    """
    row = User.objects.filter(id=user_id).values_list(*COLUMNS, named=True).first()
    if row is None:
        raise NotFound
    return row
