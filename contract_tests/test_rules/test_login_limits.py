"""Failed logins are counted per account and per address; past the limit the answer is 429."""

import random
from collections.abc import Iterator

import httpx
import pytest

from harness import formats, people
from harness.client import Client, invalid, refused, succeeded
from harness.people import PASSWORD
from harness.target import Ground

ACCOUNT, ADDRESS = 3, 5
WRONG = "something else"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def strict(ground: Ground) -> Iterator[Client]:
    """A server with low limits behind one trusted proxy, so that a test has its own address."""
    settings = {
        "LOGIN_LIMIT_ACCOUNT": str(ACCOUNT),
        "LOGIN_LIMIT_ADDRESS": str(ADDRESS),
        "TRUSTED_PROXIES": "1",
    }
    server = ground.open("strict", pays=False, **settings)
    client = Client(server.url)
    yield client
    client.close()
    server.stop()


def address() -> str:
    """An address that nobody else has."""
    return ".".join(["10", *(str(random.randrange(256)) for _ in range(3))])


def attempt(strict: Client, email: str, password: str, source: str | None = None) -> httpx.Response:
    headers = {"X-Forwarded-For": source or address()}
    body = {"email": email, "password": password}
    return strict.post("/auth/login", body, headers=headers)


def limited(answer: httpx.Response) -> None:
    refused(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 900


def test_an_account_is_closed_after_its_limit_even_to_the_right_password(strict: Client) -> None:
    email = people.register(strict)["email"]
    for _ in range(ACCOUNT):
        refused(attempt(strict, email, WRONG), 401, "invalid-credentials")
    limited(attempt(strict, email, WRONG))
    limited(attempt(strict, email.upper(), PASSWORD))
    other = people.register(strict)["email"]
    succeeded(attempt(strict, other, PASSWORD), 200)


def test_an_unknown_account_is_counted_like_any_other(strict: Client) -> None:
    email = formats.email()
    for _ in range(ACCOUNT):
        refused(attempt(strict, email, WRONG), 401, "invalid-credentials")
    limited(attempt(strict, email, WRONG))


def test_a_good_login_clears_the_account(strict: Client) -> None:
    email = people.register(strict)["email"]
    for _ in range(3):
        for _ in range(ACCOUNT - 1):
            refused(attempt(strict, email, WRONG), 401, "invalid-credentials")
        succeeded(attempt(strict, email, PASSWORD), 200)


def test_an_address_is_closed_after_its_limit(strict: Client) -> None:
    source = address()
    for _ in range(ADDRESS):
        answer = attempt(strict, formats.email(), WRONG, source)
        refused(answer, 401, "invalid-credentials")
    email = people.register(strict)["email"]
    limited(attempt(strict, email, PASSWORD, source))
    succeeded(attempt(strict, email, PASSWORD), 200)


def test_a_successful_login_keeps_the_address_counter(strict: Client) -> None:
    """An address that owns one account must not try passwords of others without end."""
    source, own = address(), people.register(strict)["email"]
    for _ in range(ADDRESS - 1):
        refused(attempt(strict, formats.email(), WRONG, source), 401, "invalid-credentials")
    succeeded(attempt(strict, own, PASSWORD, source), 200)
    attempt(strict, formats.email(), WRONG, source)
    limited(attempt(strict, formats.email(), WRONG, source))


def test_only_the_trusted_proxy_is_believed(strict: Client) -> None:
    source = address()
    for _ in range(ADDRESS):
        attempt(strict, formats.email(), WRONG, f"{address()}, {source}")
    limited(attempt(strict, formats.email(), WRONG, f"{address()}, {source}"))


def test_a_wrong_password_counts_wherever_it_is_given(strict: Client) -> None:
    person = people.new_customer(strict)
    change = {"current_password": WRONG, "new_password": "staple battery horse"}
    new_email = {"current_password": WRONG, "email": formats.email()}
    for _ in range(ACCOUNT - 1):
        answer = person.client.put("/users/me/password", change)
        invalid(answer, {"/current_password": "incorrect"})
    answer = person.client.patch("/users/me", new_email)
    invalid(answer, {"/current_password": "incorrect"})
    limited(person.client.put("/users/me/password", {**change, "current_password": PASSWORD}))
    limited(person.client.patch("/users/me", {**new_email, "current_password": PASSWORD}))
    limited(attempt(strict, person.email, PASSWORD))
    assert person.client.get("/users/me").json()["email"] == person.email


def test_good_logins_are_not_counted(strict: Client) -> None:
    email, source = people.register(strict)["email"], address()
    for _ in range(ADDRESS + 2):
        succeeded(attempt(strict, email, PASSWORD, source), 200)
