"""Passwords, access tokens and refresh tokens, in the formats of storage.md."""

import asyncio
import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from ..settings import current_settings

AUDIENCE = "bookstore"
CLAIMS = ("iss", "aud", "sub", "sid", "iat", "exp", "jti")

_hasher = PasswordHasher(
    time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# Nobody's hash: checking against it takes as long as against somebody's.
_DUMMY = (
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNvbWVzb21lc29tZQ"
    "$Z2hhc3RseWdoYXN0bHlnaGFzdGx5Z2hhc3RseWdoYXM"
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user_id: UUID
    session_id: UUID


async def hash_password(password: str) -> str:
    """The password as a PHC string; in a thread, for it takes tens of milliseconds."""
    return await asyncio.to_thread(_hasher.hash, password)


async def check_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; without a hash it takes as long, and is not."""
    return await asyncio.to_thread(_check, password_hash, password)


def _check(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _DUMMY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def make_access_token(*, user_id: UUID, session_id: UUID) -> str:
    """A JWT for `Authorization: Bearer`."""
    settings = current_settings()
    issued = int(time.time())
    claims = {
        "iss": AUDIENCE,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": issued,
        "exp": issued + settings.access_token_seconds,
        "jti": str(uuid4()),
    }
    return jwt.encode(claims, settings.secret_key, "HS256", headers={"typ": "at+jwt"})


def read_access_token(token: str) -> Claims | None:
    """The claims of a token that is ours and has not expired, else None."""
    try:
        decoded = jwt.decode_complete(
            token,
            current_settings().secret_key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=AUDIENCE,
            options={"require": list(CLAIMS)},
        )
    except (jwt.InvalidTokenError, ValueError):
        return None
    claims = decoded["payload"]
    if decoded["header"].get("typ") != "at+jwt" or type(claims["exp"]) is not int:
        return None
    try:
        return Claims(UUID(claims["sub"]), UUID(claims["sid"]))
    except (AttributeError, TypeError, ValueError):
        return None


def make_refresh_token(session_id: UUID) -> str:
    """A token that is good once: it names its session, and nobody can guess it."""
    raw = session_id.bytes + secrets.token_bytes(32)
    return "rt_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def refresh_session_id(token: str) -> UUID | None:
    """The session that a refresh token names, if it has the form of one."""
    try:
        raw = base64.urlsafe_b64decode(token.removeprefix("rt_"))
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if token.startswith("rt_") and len(raw) == 48 else None


def refresh_hash(token: str) -> str:
    """What is stored of a refresh token."""
    return hashlib.sha256(token.encode()).hexdigest()
