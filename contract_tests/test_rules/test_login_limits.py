"""Failed logins are counted per account and per address; past the limit the answer is 429."""

import random
import time
from collections.abc import Iterator

import httpx
import pytest

from harness import formats, people
from harness.client import Client, invalid, refused, succeeded
from harness.people import PASSWORD
from harness.target import Ground

ACCOUNT, ADDRESS = 3, 5
WINDOW = 900
"""Seconds: the default."""
WAIT = 3
"""Seconds: long enough to be told from a window that has just begun."""
A_WHILE = 300
"""Seconds: more than a test takes."""
PROXY = "203.0.113.9"
"""What the outer one of the two trusted proxies adds: the inner one's own address."""
WRONG = "something else"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def strict(ground: Ground) -> Iterator[Client]:
    """A server with low limits behind two trusted proxies, so that a test has its own address."""
    settings = {
        "LOGIN_LIMIT_ACCOUNT": str(ACCOUNT),
        "LOGIN_LIMIT_ADDRESS": str(ADDRESS),
        "TRUSTED_PROXIES": "2",
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
    """The answer to a login from an address, or from a new one, through both proxies."""
    return sent(strict, email, password, f"{source or address()}, {PROXY}")


def sent(strict: Client, email: str, password: str, forwarded_for: str) -> httpx.Response:
    """The answer to a login with this `X-Forwarded-For`."""
    body = {"email": email, "password": password}
    return strict.post("/auth/login", body, headers={"X-Forwarded-For": forwarded_for})


def limited(answer: httpx.Response) -> None:
    refused(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW


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


def test_only_the_trusted_proxies_are_believed(strict: Client) -> None:
    """Entries before those that the proxies add are the client's own words."""
    source = address()
    for _ in range(ADDRESS):
        attempt(strict, formats.email(), WRONG, f"{address()}, {source}")
    limited(attempt(strict, formats.email(), WRONG, f"{address()}, {source}"))


def test_a_request_past_the_proxies_counts_for_the_address_that_it_comes_from(
    strict: Client,
) -> None:
    """Fewer entries than proxies: the client wrote them itself."""
    for _ in range(ADDRESS):
        sent(strict, formats.email(), WRONG, address())
    limited(sent(strict, formats.email(), WRONG, address()))


def test_a_further_failure_does_not_prolong_the_window(strict: Client) -> None:
    """The window begins with the first failure (storage.md, Redis keys)."""
    email, source = formats.email(), address()
    attempt(strict, email, WRONG, source)
    time.sleep(WAIT)
    for _ in range(ACCOUNT - 1):
        attempt(strict, email, WRONG, source)
    answer = attempt(strict, email, WRONG, source)
    limited(answer)
    assert WINDOW - A_WHILE < int(answer.headers["Retry-After"]) <= WINDOW - WAIT
    for _ in range(ADDRESS - ACCOUNT):
        attempt(strict, formats.email(), WRONG, source)
    answer = attempt(strict, formats.email(), WRONG, source)
    limited(answer)
    assert WINDOW - A_WHILE < int(answer.headers["Retry-After"]) <= WINDOW - WAIT


def test_a_wrong_password_counts_wherever_it_is_given(strict: Client) -> None:
    user = people.register(strict)
    token = succeeded(attempt(strict, user["email"], PASSWORD), 200).json()["access_token"]
    me = strict.bearing(token)
    change = {"current_password": WRONG, "new_password": "staple battery horse"}
    new_email = {"current_password": WRONG, "email": formats.email()}
    for _ in range(ACCOUNT - 1):
        answer = me.put("/users/me/password", change)
        invalid(answer, {"/current_password": "incorrect"})
    answer = me.patch("/users/me", new_email)
    invalid(answer, {"/current_password": "incorrect"})
    limited(me.put("/users/me/password", {**change, "current_password": PASSWORD}))
    limited(me.patch("/users/me", {**new_email, "current_password": PASSWORD}))
    limited(attempt(strict, user["email"], PASSWORD))
    assert me.get("/users/me").json()["email"] == user["email"]


def test_good_logins_are_not_counted(strict: Client) -> None:
    email, source = people.register(strict)["email"], address()
    for _ in range(ADDRESS + 2):
        succeeded(attempt(strict, email, PASSWORD, source), 200)
