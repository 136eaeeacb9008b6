"""What is stored of accounts (storage.md: users, sessions)."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from ..database import Table, Time, Versioned, columns, now


class User(Versioned, table=True):
    """Somebody who can sign in; `role` is customer, staff or admin."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("role IN ('customer', 'staff', 'admin')", name="role"),
        Index("ix_users_created", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(max_length=254)
    password_hash: str = Field(max_length=255)
    name: str = Field(max_length=100)
    role: str = Field(default="customer", max_length=10)
    disabled: bool = False


class Session(Table, table=True):
    """A login and the refresh tokens that followed from it; only the latest one counts."""

    __tablename__ = "sessions"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    refresh_hash: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=now, sa_type=Time)
    expires_at: datetime = Field(sa_type=Time)
    revoked_at: datetime | None = Field(default=None, sa_type=Time)


users = columns(User)
sessions = columns(Session)
