"""Passwords and tokens of the floors, in the formats of `spec/storage.md`."""

import base64
import hashlib
import os
import secrets
import time
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher

ISSUER = "bookstore"
ACCESS_SECONDS = int(os.environ.get("BOOKSTORE_ACCESS_TOKEN_SECONDS", "900"))
REFRESH_SECONDS = int(os.environ.get("BOOKSTORE_REFRESH_TOKEN_SECONDS", "2592000"))
REQUIRED = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]

_secret = os.environ["BOOKSTORE_SECRET_KEY"]
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def verify_password(password_hash: str, password: str) -> None:
    """Raise an argon2 error unless the password is right."""
    _hasher.verify(password_hash, password)


def access_token(user_id: UUID, session_id: UUID) -> str:
    """Return a signed access token."""
    issued = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": issued,
        "exp": issued + ACCESS_SECONDS,
        "jti": str(uuid4()),
    }
    return str(jwt.encode(claims, _secret, algorithm="HS256", headers={"typ": "at+jwt"}))


def user_and_session(authorization: str) -> tuple[UUID, UUID]:
    """Return the ids in the access token of an `Authorization` header, after checking it."""
    claims = jwt.decode(
        authorization.removeprefix("Bearer "),
        _secret,
        algorithms=["HS256"],
        audience=ISSUER,
        issuer=ISSUER,
        options={"require": REQUIRED},
    )
    return UUID(claims["sub"]), UUID(claims["sid"])


def refresh_token(session_id: UUID) -> tuple[str, str]:
    """Return a new refresh token and the hash that the database keeps of it."""
    raw = session_id.bytes + secrets.token_bytes(32)
    token = "rt_" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return token, hashlib.sha256(token.encode()).hexdigest()


def account_key(email: str) -> str:
    """Return the Redis key that counts the failed logins of an account."""
    return f"bookstore:login:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def address_key(address: str) -> str:
    """Return the Redis key that counts the failed logins from a client address."""
    return f"bookstore:login:address:{address}"
