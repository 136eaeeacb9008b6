"""Valid and invalid access tokens (spec/storage.md), for servers whose secret is known."""

import base64
import hmac
import json
import time

from harness.contract import Json
from harness.server import SECRET_KEY

HEADER = {"alg": "HS256", "typ": "at+jwt"}


def claims(token: str) -> Json:
    """Return the claims of a token."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def header(token: str) -> Json:
    """Return the JOSE header of a token."""
    first = token.split(".", maxsplit=1)[0]
    return json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))


def mint(claims_: Json, header_: Json | None = None, key: str = SECRET_KEY) -> str:
    """Create a token with these claims, signed with HMAC-SHA256."""
    return sign(json.dumps(header_ or HEADER).encode(), json.dumps(claims_).encode(), key)


def sign(header_: bytes, payload: bytes, key: str = SECRET_KEY, by: str = "sha256") -> str:
    """Sign these bytes, which need not be JSON, with HMAC and this hash."""
    signed = f"{_encoded(header_)}.{_encoded(payload)}"
    return f"{signed}.{_encoded(hmac.new(key.encode(), signed.encode(), by).digest())}"


def forgeries(token: str) -> dict[str, str]:
    """Return tokens that differ from a valid one in one way; all are invalid (RFC 8725)."""
    good, now = claims(token), int(time.time())
    unsigned = mint(good, {"alg": "none", "typ": "at+jwt"}).rpartition(".")[0] + "."
    forged = {
        "expired": mint({**good, "exp": now - 1}),
        "another key": mint(good, key="another-key-that-is-also-long-enough"),
        "alg none": unsigned,
        "alg none, signed": mint(good, {"alg": "none", "typ": "at+jwt"}),
        "alg HS512": mint(good, {"alg": "HS512", "typ": "at+jwt"}),
        "typ JWT": mint(good, {"alg": "HS256", "typ": "JWT"}),
        "no typ": mint(good, {"alg": "HS256"}),
        "another issuer": mint({**good, "iss": "somebody"}),
        "another audience": mint({**good, "aud": "somebody"}),
        "tampered": token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:],
        "truncated": token[:-4],
        "no token": "nonsense",
        "unknown session": mint({**good, "sid": "00000000-0000-4000-8000-000000000000"}),
        "another user": mint({**good, "sub": "00000000-0000-4000-8000-000000000000"}),
        "sub no UUID": mint({**good, "sub": "admin"}),
        "sid no UUID": mint({**good, "sid": "admin"}),
    }
    for name in ("iss", "aud", "sub", "sid", "iat", "exp", "jti"):
        forged[f"no {name}"] = mint({key: value for key, value in good.items() if key != name})
    return forged


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
