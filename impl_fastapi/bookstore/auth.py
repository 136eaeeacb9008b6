"""Who is calling, and what their role lets them do; the first thing any secured operation asks."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import bindparam, select

from .accounts.models import Session, sessions, users
from .accounts.tokens import read_access_token
from .errors import Forbidden, Unauthenticated

_caller = (
    select(users.id, users.role, sessions.id.label("session_id"))
    .join(Session, sessions.user_id == users.id)
    .where(sessions.revoked_at.is_(None), users.disabled.is_(False))
    .where(users.id == bindparam("user_id"), sessions.id == bindparam("session_id"))
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a request, as it is now, and the session it came with."""

    id: UUID
    role: str
    session_id: UUID

    @property
    def is_staff(self) -> bool:
        """Whether they work here; an admin may do all that staff may."""
        return self.role in {"staff", "admin"}


async def authenticate(request: Request) -> Caller:
    """The caller named by the access token (RFC 6750).

    Raises Unauthenticated if there is no token, or it does not count (any more).
    """
    # Given twice, it is one value that is no token: no proxy may read the other one.
    authorization = ", ".join(request.headers.getlist("authorization"))
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    claims = read_access_token(token.strip())
    if claims is None:
        raise Unauthenticated(token_sent=True)
    named = {"user_id": claims.user_id, "session_id": claims.session_id}
    async with request.app.state.reading.connect() as connection:
        row = (await connection.execute(_caller, named)).first()
    if row is None:
        raise Unauthenticated(token_sent=True)
    caller = Caller(row.id, row.role, row.session_id)
    request.state.user_id = caller.id
    return caller


SignedIn = Annotated[Caller, Depends(authenticate)]


async def _require_staff(caller: SignedIn) -> Caller:
    if not caller.is_staff:
        raise Forbidden
    return caller


async def _require_admin(caller: SignedIn) -> Caller:
    if caller.role != "admin":
        raise Forbidden
    return caller


# For a route's `dependencies=`, which come before everything in the signature.
SIGNED_IN = Depends(authenticate)
STAFF = Depends(_require_staff)
ADMIN = Depends(_require_admin)
