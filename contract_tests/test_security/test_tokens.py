"""Access tokens by the best current practices (RFC 8725), of who knows the key or does not."""

import json
import time
from typing import Any

import pytest

from harness import people, tokens
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.people import PASSWORD, Person
from harness.server import SECRET_KEY

pytestmark = pytest.mark.usefixtures("our_target")
HEADER = json.dumps(tokens.HEADER).encode()
SOON, LONG_AGO = 4_000_000_000, 1_000_000_000
KEY = {"kty": "oct", "k": "YXR0YWNrZXI"}


@pytest.fixture(scope="module")
def holder(anyone: Client) -> Person:
    """Somebody whose good token the others differ from."""
    return people.new_customer(anyone)


def is_refused(anyone: Client, token: str) -> bool:
    """Return whether a token is refused with the challenge of RFC 6750 §3.1."""
    answer = anyone.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == 200:
        return False
    refused(answer, 401, "unauthenticated")
    return answer.headers["WWW-Authenticate"].startswith("Bearer")


HEADERS: dict[str, Json] = {
    "a key of its own": {"alg": "HS256", "jwk": KEY},
    "a URL of keys": {"alg": "HS256", "jku": "http://127.0.0.1:1/keys"},
    "a certificate's URL": {"alg": "HS256", "x5u": "http://127.0.0.1:1/cert"},
    "a file for a key": {"alg": "HS256", "kid": "../../../../../../dev/null"},
    "a query for a key": {"alg": "HS256", "kid": "x' UNION SELECT 'key"},
    "a command for a key": {"alg": "HS256", "kid": "key|cat /etc/passwd"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("key", ["", "attacker", "\0", "key"])
def test_a_token_does_not_choose_its_key(
    anyone: Client, holder: Person, header: Json, key: str
) -> None:
    """RFC 8725 §3.10 and §2.9, CWE-347: `jwk`, `jku`, `x5u` and `kid` are not followed."""
    claims = json.dumps(tokens.claims(str(holder.client.token))).encode()
    forged = tokens.sign(json.dumps({**header, "typ": "at+jwt"}).encode(), claims, key)
    assert is_refused(anyone, forged)


ALGORITHMS = (
    "none",
    "None",
    "NONE",
    "nOnE",
    "",
    "hs256",
    "HS384",
    "HS512",
    "RS256",
    "ES256",
    "PS256",
)


@pytest.mark.parametrize(
    "alg", [*ALGORITHMS, "EdDSA", None, 256, ["HS256"], {"a": "HS256"}], ids=str
)
@pytest.mark.parametrize("by", ["sha256", "sha384", "sha512", None])
def test_the_algorithm_is_the_server_s_choice(
    anyone: Client, holder: Person, alg: Json, by: str | None
) -> None:
    """RFC 8725 §3.1 and §3.2, CVE-2015-9235: only HS256, even where the key is right."""
    claims = json.dumps(tokens.claims(str(holder.client.token))).encode()
    header = json.dumps({"alg": alg, "typ": "at+jwt"}).encode()
    signed = tokens.sign(header, claims, by=by or "sha256")
    assert is_refused(anyone, signed if by else signed.rpartition(".")[0] + ".")


def test_a_critical_extension_that_nobody_knows_is_refused(anyone: Client, holder: Person) -> None:
    """RFC 7515 §4.1.11, RFC 8725 §3.10: a server must understand every name in `crit`."""
    claims = tokens.claims(str(holder.client.token))
    for critical in (["exp2"], ["http://example.com/unknown"], []):
        header = {**tokens.HEADER, "crit": critical, **dict.fromkeys(critical, True)}
        assert is_refused(anyone, tokens.mint(claims, header)), critical


WRONG: dict[str, tuple[str, Any]] = {
    "exp is text": ("exp", str(SOON)),
    "exp is null": ("exp", None),
    "exp is true": ("exp", True),
    "exp is a list": ("exp", [SOON]),
    "exp is negative": ("exp", -SOON),
    "exp is now": ("exp", 0),
    "not yet": ("nbf", SOON),
    "nbf is text": ("nbf", "later"),
    "issued later": ("iat", SOON),
    "iat is text": ("iat", "now"),
    "another issuer": ("iss", "https://bookstore.example"),
    "an issuer's prefix": ("iss", "book"),
    "several issuers": ("iss", ["bookstore", "somebody"]),
    "another audience": ("aud", "bookstore2"),
    "no audience": ("aud", []),
    "audiences of others": ("aud", ["admin", "somebody"]),
    "sub is a number": ("sub", 1),
    "sub is null": ("sub", None),
    "sub is an object": ("sub", {"id": 1}),
    "sub is an injection": ("sub", "' OR '1'='1"),
    "sub has a null byte": ("sub", "\0"),
    "sid is a list": ("sid", []),
    "sid is an injection": ("sid", "x') OR 1=1 --"),
    "jti is a number": ("jti", 1),
    "jti is null": ("jti", None),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
def test_every_claim_is_checked(anyone: Client, holder: Person, name: str, value: Json) -> None:
    """RFC 8725 §3.8 and §3.9, RFC 7519 §4.1, CWE-345, CWE-613: signed rightly, and no good."""
    claims = {**tokens.claims(str(holder.client.token)), name: value}
    assert is_refused(anyone, tokens.mint(claims))


@pytest.mark.parametrize("role", ["admin", "staff"])
def test_a_token_says_nothing_of_roles(anyone: Client, holder: Person, role: str) -> None:
    """OWASP API5:2023, RFC 8725 §2.8, CWE-269: whatever it claims, the database knows."""
    claims = {
        **tokens.claims(str(holder.client.token)),
        "role": role,
        "scope": "*",
        "admin": True,
    }
    forged = anyone.bearing(tokens.mint(claims))
    for path in ("/users", "/books/export"):
        assert forged.get(path).status_code in {401, 403}


def test_a_session_is_of_one_user(anyone: Client, holder: Person, admin: Client) -> None:
    """RFC 8725 §2.7, CWE-639: the admin's `sub` under a customer's session, and the reverse."""
    mine, theirs = (tokens.claims(str(client.token)) for client in (holder.client, admin))
    assert is_refused(anyone, tokens.mint({**mine, "sub": theirs["sub"]}))
    assert is_refused(anyone, tokens.mint({**mine, "sid": theirs["sid"]}))


NO_JSON = {
    "an empty payload": b"",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "text": b'"admin"',
    "no JSON": b"{",
    "no UTF-8": b'{"sub":"\xff"}',
    "NaN": b'{"exp":NaN}',
    "a huge number": b'{"exp":1' + b"0" * 5000 + b"}",
    "a float past all": b'{"exp":1e999}',
    "nested": b'{"sub":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
}


@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON)
def test_a_token_of_anything_else_is_refused(anyone: Client, content: bytes) -> None:
    """RFC 8725 §3.11, CWE-20, CWE-674: rightly signed nonsense is a 401, never a server error."""
    assert is_refused(anyone, tokens.sign(HEADER, content))
    assert is_refused(anyone, tokens.sign(content, b"{}"))


def test_a_token_has_one_form(anyone: Client, holder: Person) -> None:
    """RFC 7515 §3.1 and §7.1, CWE-347: three parts of base64url without padding."""
    token = str(holder.client.token)
    header, payload, signature = token.split(".")
    forms = {
        "two parts": f"{header}.{payload}",
        "four parts": f"{token}.",
        "five parts, as a JWE": f"{header}.{payload}.{signature}.{signature}.{signature}",
        "empty parts": "..",
        "of another's payload": f"{header}.{tokens.mint({}).split('.')[1]}.{signature}",
        "the parts the other way": f"{payload}.{header}.{signature}",
        "JSON": json.dumps({"payload": payload, "signature": signature}).replace(" ", ""),
        "percent-encoded": token.replace(".", "%2E"),
    }
    for name, form in forms.items():
        assert is_refused(anyone, form), name
    succeeded(holder.client.get("/users/me"), 200)


def test_long_token_is_refused(anyone: Client) -> None:
    """OWASP API4:2023, CWE-400: as long as common servers accept a header."""
    assert is_refused(anyone, "a" * 4_000)
    assert is_refused(anyone, tokens.mint({"sub": "a" * 2_000}))


def test_a_weak_key_opens_nothing(anyone: Client, holder: Person) -> None:
    """RFC 8725 §3.5, CWE-798, CWE-1391: keys that an attacker tries first."""
    claims = tokens.claims(str(holder.client.token))
    for key in (
        "secret",
        "bookstore",
        "changeme",
        "",
        "0" * 32,
        SECRET_KEY[:-1],
        SECRET_KEY.upper(),
    ):
        assert is_refused(anyone, tokens.mint(claims, key=key)), key


def test_a_token_ends_when_it_says(anyone: Client, holder: Person) -> None:
    """RFC 7519 §4.1.4, CWE-613: a token that expired a second ago is refused."""
    claims = tokens.claims(str(holder.client.token))
    assert is_refused(anyone, tokens.mint({**claims, "exp": int(time.time()) - 1}))
    assert claims["exp"] > claims["iat"] > LONG_AGO


def test_a_token_carries_no_secret(holder: Person) -> None:
    """RFC 8725 §3.12, CWE-522: the readable claims name a user and a session, no more."""
    told = json.dumps(tokens.claims(str(holder.client.token)))
    for private in (holder.email, PASSWORD, "argon2", "customer", holder.refresh_token):
        assert private not in told


def test_every_session_of_a_family_ends_with_it(anyone: Client, customer: Person) -> None:
    """RFC 9700 §4.14.2, OWASP API2:2023: a replayed refresh token ends all that came of it."""
    first = people.log_in(anyone, customer.email)
    chain = [first]
    for _ in range(3):
        body = {"refresh_token": chain[-1]["refresh_token"]}
        chain.append(succeeded(anyone.post("/auth/refresh", body), 200).json())
    stolen = anyone.post("/auth/refresh", {"refresh_token": first["refresh_token"]})
    refused(stolen, 401, "invalid-refresh-token")
    for pair in chain:
        assert is_refused(anyone, pair["access_token"])
        answer = anyone.post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
        refused(answer, 401, "invalid-refresh-token")
    succeeded(customer.client.get("/users/me"), 200)


def test_nobody_guesses_a_refresh_token(anyone: Client, customer: Person) -> None:
    """CWE-330, CWE-340: long, random, and no two share more than the form."""
    pairs = [people.log_in(anyone, customer.email)["refresh_token"] for _ in range(5)]
    assert len({token[-40:] for token in pairs}) == 5
    assert min(map(len, pairs)) >= 40
    assert not any(customer.id.replace("-", "") in token for token in pairs)
