"""Passwords and tokens, in the formats that storage.md shares among the implementations."""

import base64
import binascii
import hashlib
import secrets
import time
from dataclasses import dataclass
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..settings import current_settings

ISSUER = "bookstore"
TOKEN_TYPE = "at+jwt"

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What an unknown account's password is held against, so that it takes as long as a known one's.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good access token says."""

    user_id: UUID
    session_id: UUID


def hash_password(password: str) -> str:
    """An Argon2id PHC string."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one; takes the same time when there is no account."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False


def make_access_token(user_id: UUID, session_id: UUID) -> str:
    """A JWT per RFC 9068, signed with HS256."""
    settings, issued = current_settings(), int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": issued,
        "exp": issued + settings.access_token_seconds,
        "jti": str(uuid4()),
    }
    return jwt.encode(claims, settings.secret_key, algorithm="HS256", headers={"typ": TOKEN_TYPE})


def read_access_token(token: str) -> Claims | None:
    """Return the claims of a valid access token of this service (RFC 8725), or None."""
    try:
        if jwt.get_unverified_header(token).get("typ") != TOKEN_TYPE:
            return None
        claims = jwt.decode(
            token,
            current_settings().secret_key,
            algorithms=["HS256"],
            audience=ISSUER,
            issuer=ISSUER,
            options={"require": ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]},
        )
        if type(claims["exp"]) is not int:  # PyJWT takes text that looks like one, too
            return None
        return Claims(UUID(claims["sub"]), UUID(claims["sid"]))
    except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError):
        return None


def make_refresh_token(session_id: UUID) -> str:
    """A token that is good once; it names its session."""
    raw = session_id.bytes + secrets.token_bytes(32)
    return "rt_" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def session_of(refresh_token: str) -> UUID | None:
    """The session a refresh token names, or None if it is none."""
    try:
        raw = base64.b64decode(refresh_token.removeprefix("rt_"), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:16]) if refresh_token.startswith("rt_") and len(raw) == 48 else None


def hash_refresh_token(refresh_token: str) -> str:
    """What is stored of a refresh token."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()
