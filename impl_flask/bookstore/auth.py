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
from .fields import StrictSchema
from .http import JSON_TYPES, MAX_JSON_BYTES, path_id, read_body, read_query, require_acceptable
from .payments.signatures import require_signature

Access = Literal["public", "customer", "staff", "admin", "signature"]
ROLES: dict[Access, tuple[str, ...]] = {
    "customer": ("customer", "staff", "admin"),
    "staff": ("staff", "admin"),
    "admin": ("admin",),
}
NO_QUERY = StrictSchema()

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
    access: Access, *, query: Schema = NO_QUERY, produces: tuple[str, ...] = JSON_TYPES
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A view that fulfils one operation of the contract.

    Checks, in this order, authentication and authorization, the ids in the path, the query and
    `Accept`. The view receives the ids as UUIDs and, if it has a `query` schema, the parameters as
    `query`; the caller is `g.caller`.
    A view that answers without a body produces `()`.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def checked(**path: str) -> Response:
            if access == "signature":
                require_signature(read_body(MAX_JSON_BYTES), request.headers)
            elif access != "public":
                g.caller = authenticate()
                if g.caller.role not in ROLES[access]:
                    raise Forbidden
            arguments: dict[str, Any] = {
                name: path_id(value) if name.endswith("_id") else value
                for name, value in path.items()
            }
            parameters = read_query(query)
            if query is not NO_QUERY:
                arguments["query"] = parameters
            if produces:
                g.media_type = require_acceptable(produces)
            return view(**arguments)

        return checked

    return decorate
