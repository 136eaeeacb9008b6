"""Who is asking, and whether they may: the first thing an operation does (401, then 403)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from flask import Response, g, request
from marshmallow import Schema
from sqlalchemy import bindparam, select

from .accounts.models import CUSTOMER, Session, User
from .accounts.tokens import Claims, read_access_token
from .database import reading
from .errors import Forbidden, Unauthenticated
from .http import MAX_JSON_BYTES, read_body, read_query, require_acceptable
from .payments.signatures import require_signature

Access = Literal["public", "customer", "staff", "admin", "signature"]
ROLES: dict[Access, tuple[str, ...]] = {
    "customer": ("customer", "staff", "admin"),
    "staff": ("staff", "admin"),
    "admin": ("admin",),
}

_caller = (
    select(User.id, User.role, Session.id.label("session_id"))
    .join(Session, Session.user_id == User.id)
    .where(Session.revoked_at.is_(None), User.disabled.is_(False))
    .where(User.id == bindparam("user_id"), Session.id == bindparam("session_id"))
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a request, as it is now, and the session it came with."""

    id: UUID
    role: str
    session_id: UUID

    @property
    def owner(self) -> UUID | None:
        """Whose things the caller may see: a customer's own only; None for staff, who see all."""
        return self.id if self.role == CUSTOMER else None


def authenticate() -> Caller:
    """The caller named by the access token (RFC 6750).

    Raises:
        Unauthenticated: there is no token, or it does not count (any more).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    claims = read_access_token(token.strip())
    caller = _named_by(claims) if claims else None
    if caller is None:
        raise Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return caller


def _named_by(claims: Claims) -> Caller | None:
    with reading() as connection:
        named = {"user_id": claims.user_id, "session_id": claims.session_id}
        row = connection.execute(_caller, named).first()
    return Caller(row.id, row.role, row.session_id) if row else None


def operation(
    access: Access, *, query: Schema | None = None, produces: tuple[str, ...] = ()
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Decorate a view that implements one operation of the contract.

    Checks authentication, the role, the query and `Accept`, in this order. The view gets the
    parameters of its `query` schema as `query`; the caller is `g.caller`. Without a `query` schema
    the query is ignored. `produces` lists the media types among which `Accept` selects; without it,
    `Accept` is ignored.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def checked(**path: Any) -> Response:
            if access == "signature":
                require_signature(read_body(MAX_JSON_BYTES), request.headers)
            elif access != "public":
                g.caller = authenticate()
                if g.caller.role not in ROLES[access]:
                    raise Forbidden
            if query:
                path["query"] = read_query(query)
            if produces:
                g.media_type = require_acceptable(produces)
            return view(**path)

        return checked

    return decorate
