"""The operations of the tag accounts, in the contract's order."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request

from .. import http
from ..auth import operation
from ..database import db
from ..http import PATCH_TYPES, answer, done, read_json, version_tag
from ..pagination import page_answer
from ..settings import current_settings
from . import queries, schemas, services
from .services import TokenPair

blueprint = Blueprint("accounts", __name__)


@blueprint.post("/users")
@operation("public")
def register_user() -> Response:
    """registerUser."""
    user = services.register_user(**read_json(schemas.UserRegistration()))
    db.session.commit()
    return answer(
        schemas.show_user(user), 201, etag=version_tag(user.version), location=f"/users/{user.id}"
    )


@blueprint.get("/users")
@operation("admin", query=schemas.UserQuery())
def list_users(query: dict[str, Any]) -> Response:
    """listUsers."""
    return page_answer(queries.list_users(**query))


@blueprint.post("/auth/login")
@operation("public")
def login() -> Response:
    """login."""
    tokens = services.log_in(**read_json(schemas.Credentials()), address=_client_address())
    db.session.commit()
    return _token_answer(tokens)


@blueprint.post("/auth/refresh")
@operation("public")
def refresh_tokens() -> Response:
    """refreshTokens."""
    tokens = services.refresh_tokens(**read_json(schemas.RefreshRequest()))
    db.session.commit()
    return _token_answer(tokens)


@blueprint.post("/auth/logout")
@operation("customer")
def logout() -> Response:
    """logout."""
    services.log_out(session_id=g.caller.session_id)
    db.session.commit()
    return done()


@blueprint.get("/users/me")
@operation("customer")
def get_me() -> Response:
    """getMe."""
    return _user_answer(g.caller.id)


@blueprint.patch("/users/me")
@operation("customer")
def update_me() -> Response:
    """updateMe."""
    user = services.update_me(
        user_id=g.caller.id, changes=read_json(schemas.MeUpdate(), *PATCH_TYPES)
    )
    db.session.commit()
    return answer(schemas.show_user(user), etag=version_tag(user.version))


@blueprint.put("/users/me/password")
@operation("customer")
def change_password() -> Response:
    """changePassword."""
    services.change_password(user_id=g.caller.id, **read_json(schemas.PasswordChange()))
    db.session.commit()
    return done()


@blueprint.get("/users/<uuid:user_id>")
@operation("admin")
def get_user(user_id: UUID) -> Response:
    """getUser."""
    return _user_answer(user_id)


@blueprint.patch("/users/<uuid:user_id>")
@operation("admin")
def update_user(user_id: UUID) -> Response:
    """updateUser."""
    user = services.update_user(
        user_id=user_id, changes=read_json(schemas.UserUpdate(), *PATCH_TYPES)
    )
    db.session.commit()
    return answer(schemas.show_user(user), etag=version_tag(user.version))


def _user_answer(user_id: UUID) -> Response:
    user = queries.get_user(user_id=user_id)
    etag = version_tag(user.version)
    return http.not_modified(etag, public=False) or answer(schemas.show_user(user), etag=etag)


def _token_answer(tokens: TokenPair) -> Response:
    return answer(
        {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
            "refresh_token": tokens.refresh_token,
            "refresh_expires_in": tokens.refresh_expires_in,
        }
    )


def _client_address() -> str:
    """Who is asking, past the proxies that are trusted to say so."""
    hops = current_settings().trusted_proxies
    forwarded = [
        entry.strip()
        for entry in request.headers.get("X-Forwarded-For", "").split(",")
        if entry.strip()
    ]
    return forwarded[-hops] if 0 < hops <= len(forwarded) else request.remote_addr or "unknown"
