"""Whether an account is there is told by no word and no delay (OWASP API2:2023, CWE-203)."""

import statistics
import time

import httpx
import pytest

from harness import formats, options, people
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.people import PASSWORD, Person

VARYING = {"date", "x-request-id", "server-timing"}
TRIES = 7 if options.chosen().elsewhere else 7 * options.chosen().rounds
"""Fewer than a server's usual limit for an account."""

FACTOR = 3
"""Hashing a password takes fifty times as long as not doing so; a busy machine, twice."""


@pytest.fixture(scope="module")
def disabled(admin: Client) -> Person:
    """Somebody whose account was closed."""
    person = people.new_customer(admin.bearing(None))
    admin.change(person.path, disabled=True)
    return person


def login(anyone: Client, email: str, password: str) -> Json:
    """What a refused login tells: everything but the request's own name."""
    answer = anyone.post("/auth/login", {"email": email, "password": password})
    if options.chosen().elsewhere and answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        pytest.skip("that server has counted enough failed logins from here")
    problem = refused(answer, 401, "invalid-credentials")
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return {**problem, "request_id": None}, headers


def test_a_login_tells_nobody_s_account(anyone: Client, customer: Person, disabled: Person) -> None:
    """OWASP API2:2023, CWE-204: unknown, disabled, and a wrong password, to the byte."""
    told = [
        login(anyone, formats.email(), PASSWORD),
        login(anyone, customer.email, "something else"),
        login(anyone, disabled.email, PASSWORD),
        login(anyone, disabled.email, "something else"),
        login(anyone, customer.email.upper(), PASSWORD.upper()),
    ]
    assert told == told[:1] * len(told)


def test_a_refresh_tells_nobody_s_session(anyone: Client, customer: Person) -> None:
    """CWE-204: an ended session, an unknown one and nonsense are one."""
    succeeded(customer.client.post("/auth/logout"), 204)
    told = []
    for token in (customer.refresh_token, "rt_" + "A" * 64, "nonsense"):
        answer = anyone.post("/auth/refresh", {"refresh_token": token})
        problem = refused(answer, 401, "invalid-refresh-token")
        told.append({**problem, "request_id": None})
    assert told == told[:1] * len(told)


def test_a_token_tells_nobody_s_session(anyone: Client, customer: Person) -> None:
    """CWE-204, RFC 6750 §3.1: why a token is not good is not told."""
    succeeded(customer.client.post("/auth/logout"), 204)
    told = []
    for token in (str(customer.client.token), str(customer.client.token)[:-4], "a.b.c"):
        answer = anyone.bearing(token).get("/users/me")
        problem = refused(answer, 401, "unauthenticated")
        told.append(({**problem, "request_id": None}, answer.headers["WWW-Authenticate"]))
    assert told == told[:1] * len(told)


@pytest.mark.slow
def test_a_login_takes_its_time_for_everybody(
    anyone: Client, customer: Person, disabled: Person
) -> None:
    """CWE-208: a password is hashed whether or not there is an account to compare it with."""
    emails = {"wrong": customer.email, "unknown": formats.email(), "disabled": disabled.email}
    taken: dict[str, list[float]] = {name: [] for name in emails}
    for _ in range(TRIES):  # in turns, so that a moment of load strikes all alike
        for name, email in emails.items():
            started = time.perf_counter()
            login(anyone, email, "something else")
            taken[name].append(time.perf_counter() - started)
    medians = [statistics.median(each) for each in taken.values()]
    assert max(medians) < FACTOR * min(medians), taken


@pytest.mark.parametrize("length", [10, 128])
def test_a_registration_says_only_what_it_must(
    anyone: Client, customer: Person, length: int
) -> None:
    """CWE-204: that an address is taken, as the contract has it; not whose, or since when."""
    body = {"email": customer.email, "password": "x" * length, "name": "Eve"}
    problem = refused(anyone.post("/users", body), 409, "email-taken")
    assert customer.id not in str(problem)
    assert "Ada" not in str(problem)
