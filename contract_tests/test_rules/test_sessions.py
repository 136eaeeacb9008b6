"""A session: login, rotation, and an end by logout, reuse, disabling or expiry."""

import time
from collections.abc import Iterator

import pytest

from harness import people, tokens
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.people import PASSWORD, Person
from harness.target import Ground

FLEETING = 3
"""Seconds after which sessions end on the server that shows it."""


def refresh(anyone: Client, token: str) -> Json:
    return succeeded(anyone.post("/auth/refresh", {"refresh_token": token}), 200).json()


def is_signed_in(anyone: Client, access_token: str) -> bool:
    answer = anyone.bearing(access_token).get("/users/me")
    if answer.status_code == 200:
        return True
    refused(answer, 401, "unauthenticated")
    return False


def test_login_gives_a_pair_of_tokens(anyone: Client, customer: Person) -> None:
    pair = people.log_in(anyone, customer.email)
    assert pair["token_type"] == "Bearer"
    assert pair["refresh_expires_in"] == 2592000
    assert is_signed_in(anyone, pair["access_token"])


def test_an_access_token_says_what_storage_md_says(anyone: Client, customer: Person) -> None:
    pair = people.log_in(anyone, customer.email)
    said = tokens.claims(pair["access_token"])
    assert tokens.header(pair["access_token"]) == {"alg": "HS256", "typ": "at+jwt"}
    assert said.keys() == {"iss", "aud", "sub", "sid", "iat", "exp", "jti"}
    assert (said["iss"], said["aud"], said["sub"]) == ("bookstore", "bookstore", customer.id)
    assert said["exp"] - said["iat"] == pair["expires_in"]
    assert pair["refresh_token"].startswith("rt_")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(customer: Person, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {customer.client.token}"}
    succeeded(customer.client.get("/users/me", headers=headers))


@pytest.mark.usefixtures("our_target")
@pytest.mark.parametrize("forgery", tokens.forgeries("e30.e30.c2lnbmF0dXJl"))
def test_a_token_with_one_flaw_is_refused(anyone: Client, reader: Client, forgery: str) -> None:
    assert reader.token
    forged = tokens.forgeries(reader.token)[forgery]
    answer = anyone.bearing(forged).get("/users/me")
    refused(answer, 401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert is_signed_in(anyone, reader.token)


@pytest.mark.usefixtures("our_target")
def test_a_token_that_the_suite_mints_by_storage_md_is_good(
    anyone: Client, customer: Person
) -> None:
    assert customer.client.token
    assert is_signed_in(anyone, tokens.mint(tokens.claims(customer.client.token)))


def test_rotation_gives_the_next_pair_of_the_same_session(anyone: Client, customer: Person) -> None:
    first = people.log_in(anyone, customer.email)
    second = refresh(anyone, first["refresh_token"])
    third = refresh(anyone, second["refresh_token"])
    sessions = {tokens.claims(pair["access_token"])["sid"] for pair in (first, second, third)}
    assert len(sessions) == 1
    assert len({pair["refresh_token"] for pair in (first, second, third)}) == 3
    assert third["refresh_expires_in"] <= first["refresh_expires_in"]
    assert is_signed_in(anyone, third["access_token"])


def test_a_refresh_token_used_twice_ends_the_session(anyone: Client, customer: Person) -> None:
    first = people.log_in(anyone, customer.email)
    second = refresh(anyone, first["refresh_token"])
    for token in (first["refresh_token"], second["refresh_token"]):
        answer = anyone.post("/auth/refresh", {"refresh_token": token})
        refused(answer, 401, "invalid-refresh-token")
    assert not is_signed_in(anyone, second["access_token"])
    assert is_signed_in(anyone, customer.client.token or "")


@pytest.mark.parametrize("token", ["rt_", "nonsense", "rt_AAAA", "rt_" + "A" * 64, "a.b-c_d"])
def test_an_unknown_refresh_token_is_refused(anyone: Client, token: str) -> None:
    answer = anyone.post("/auth/refresh", {"refresh_token": token})
    refused(answer, 401, "invalid-refresh-token")


def test_an_access_token_is_no_refresh_token_nor_the_reverse(
    anyone: Client, customer: Person
) -> None:
    answer = anyone.post("/auth/refresh", {"refresh_token": customer.client.token})
    refused(answer, 401, "invalid-refresh-token")
    assert not is_signed_in(anyone, customer.refresh_token)
    assert is_signed_in(anyone, customer.client.token or "")


def test_logout_ends_this_session_only(anyone: Client, customer: Person) -> None:
    pair = people.log_in(anyone, customer.email)
    succeeded(anyone.bearing(pair["access_token"]).post("/auth/logout"), 204)
    assert not is_signed_in(anyone, pair["access_token"])
    answer = anyone.post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
    refused(answer, 401, "invalid-refresh-token")
    assert is_signed_in(anyone, customer.client.token or "")


def test_a_wrong_login_tells_nothing(anyone: Client, admin: Client, customer: Person) -> None:
    gone = people.register(anyone)
    admin.change(f"/users/{gone['id']}", disabled=True)
    attempts = [
        {"email": customer.email, "password": "something else"},
        {"email": "nobody-" + customer.email, "password": PASSWORD},
        {"email": gone["email"], "password": PASSWORD},
    ]
    problems = []
    for attempt in attempts:
        problem = refused(anyone.post("/auth/login", attempt), 401, "invalid-credentials")
        problems.append({**problem, "request_id": None})
    assert problems == problems[:1] * 3


@pytest.fixture(scope="module")
def fleeting(ground: Ground) -> Iterator[Client]:
    """A server whose sessions last few seconds."""
    settings = {
        "REFRESH_TOKEN_SECONDS": str(FLEETING),
        "ACCESS_TOKEN_SECONDS": "1",
        "LOGIN_LIMIT_ACCOUNT": "2",
        "LOGIN_WINDOW_SECONDS": str(FLEETING),
    }
    server = ground.open("fleeting", pays=False, **settings)
    client = Client(server.url)
    yield client
    client.close()
    server.stop()


@pytest.mark.slow
def test_tokens_expire(fleeting: Client) -> None:
    email = people.register(fleeting)["email"]
    pair = people.log_in(fleeting, email)
    assert (pair["expires_in"], pair["refresh_expires_in"]) == (1, FLEETING)
    started = time.monotonic()
    time.sleep(1.6)
    assert not is_signed_in(fleeting, pair["access_token"])
    answer = fleeting.post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
    if time.monotonic() - started < FLEETING - 0.5:
        pair = succeeded(answer, 200).json()
        assert pair["refresh_expires_in"] < FLEETING, "a rotation prolongs no session"
    time.sleep(max(0.0, started + FLEETING + 0.6 - time.monotonic()))
    answer = fleeting.post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
    refused(answer, 401, "invalid-refresh-token")


@pytest.mark.slow
def test_the_limit_ends_with_its_window(fleeting: Client) -> None:
    email = people.register(fleeting)["email"]
    wrong = {"email": email, "password": "something else"}
    for _ in range(2):
        fleeting.post("/auth/login", wrong)
    refused(fleeting.post("/auth/login", wrong), 429, "too-many-requests")
    time.sleep(FLEETING + 0.6)
    people.log_in(fleeting, email)
