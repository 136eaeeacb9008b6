"""Who may do what: made from the contract's `x-access`, so that each new operation is covered."""

from collections.abc import Callable

import pytest

from harness import contract, people, tokens
from harness.client import Client, refused, succeeded
from harness.contract import Operation
from harness.people import Person
from harness.samples import Sample, Sampler
from harness.target import Target
from test_security.attackers import FORGERIES, Ended, Untouched, takes_token

GUARDED = [operation for operation in contract.operations() if takes_token(operation)]
EVERY = pytest.mark.parametrize("operation", GUARDED, ids=str)
NO_TOKEN = (None, "Bearer", "Basic YWRtaW46YWRtaW4=", "Bearer {}, Bearer {}")
"""What every operation is tried with; other forms, once."""

MALFORMED = {
    "empty": "",
    "a token of itself": "{}",
    "a word more": "Bearer {} {}",
    "a word less": "Bearer{}",
    "quoted": 'Bearer "{}"',
    "a parameter": "Bearer token={}",
    "another name": "Token {}",
    "digest": 'Digest username="admin"',
    "negotiated": "Negotiate YII",
    "after another": "Basic YTpi, Bearer {}",
    "a colon": "Bearer: {}",
}
"""RFC 6750 §2.1: `Bearer`, one blank or more, one token."""

QUERY = "access_token={}&token={}&Authorization=Bearer%20{}"
HEADERS = {
    "Cookie": "access_token={}; token={}; sessionid={}; session={}; Authorization=Bearer {}",
    **dict.fromkeys(("X-Access-Token", "X-Auth-Token", "X-Api-Key"), "{}"),
    **dict.fromkeys(("Proxy-Authorization", "X-Authorization"), "Bearer {}"),
    **dict.fromkeys(("X-User-Id", "X-Remote-User", "X-Forwarded-User"), "{sub}"),
    **dict.fromkeys(("X-Role", "X-Admin"), "admin"),
}
"""Wherever else a token, or who somebody is, could be said."""


@pytest.fixture(scope="module")
def ended(admin: Client) -> dict[str, Client]:
    """Clients of sessions that have ended."""
    return Ended(admin).all()


@pytest.fixture(scope="module")
def demoted(admin: Client) -> Client:
    """Somebody who was an admin when their token was made."""
    person = people.new_member(admin, "admin")
    admin.change(person.path, role="customer")
    return person.client


@pytest.fixture(scope="module")
def stranger(anyone: Client) -> Person:
    """A customer who owns nothing."""
    return people.new_customer(anyone)


def attacked(sample: Sampler, good: Sample, attack: Callable[[], None]) -> None:
    """Whatever an attack tries, nothing has changed, and the rightful request still succeeds."""
    untouched = Untouched(good, sample)
    before = untouched()
    attack()
    assert untouched() == before
    succeeded(good.send())


def test_every_operation_says_who_may() -> None:
    """OWASP API5:2023, CWE-862: a new operation without `x-access` would not be tested here."""
    known = {"public", "customer", "owner", "owner-or-staff", "staff", "admin", "signature"}
    for operation in contract.operations():
        assert operation.access in known, operation
        security = operation.definition["security"]
        assert (security == []) == (operation.access == "public"), operation
        if takes_token(operation):
            assert security == [{"bearer": []}], operation
            assert 401 in operation.responses, operation


@EVERY
def test_nobody_without_a_token(sample: Sampler, operation: Operation) -> None:
    """OWASP API2:2023, RFC 6750 §2.3 and §5.3, CWE-306, CWE-598: nor with one in another place."""
    good = sample(operation)
    token = str(good.client.token)
    bad, user_id = good.but(client=sample.anyone), tokens.claims(token)["sub"]

    def told(text: str) -> str:
        return text.replace("{}", token).replace("{sub}", user_id)

    def attack() -> None:
        for value in NO_TOKEN:
            shown = told(value) if value else value
            refused(bad.but(headers={"Authorization": shown}).send(), 401, "unauthenticated")
        refused(bad.but(query=told(QUERY)).send(), 401, "unauthenticated")
        elsewhere = {name: told(value) for name, value in HEADERS.items()}
        refused(bad.but(headers=elsewhere).send(), 401, "unauthenticated")

    attacked(sample, good, attack)


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_a_token_comes_in_one_form(anyone: Client, stranger: Person, value: str) -> None:
    """RFC 6750 §2.1 and §3.1, CWE-287."""
    shown = value.replace("{}", str(stranger.client.token))
    answer = anyone.get("/users/me", headers={"Authorization": shown})
    refused(answer, 401, "unauthenticated")


@pytest.mark.slow
@EVERY
def test_nobody_with_a_forged_token(
    our_target: Target, sample: Sampler, operation: Operation
) -> None:
    """OWASP API2:2023, RFC 8725 §2.1-2.9 and §3.1, CWE-347: of the one who may, all but right."""
    assert our_target.is_ours
    good = sample(operation)

    def attack() -> None:
        for name, forge in FORGERIES.items():
            forged = good.client.bearing(forge(str(good.client.token)))
            assert good.but(client=forged).send().status_code == 401, name

    attacked(sample, good, attack)


@pytest.mark.slow
@EVERY
def test_nobody_whose_session_has_ended(
    sample: Sampler, operation: Operation, ended: dict[str, Client]
) -> None:
    """OWASP API2:2023, CWE-613: disabled, logged out, stolen, of another password."""
    good = sample(operation)

    def attack() -> None:
        for name, client in ended.items():
            assert good.but(client=client).send().status_code == 401, name

    attacked(sample, good, attack)


@pytest.mark.parametrize(
    "operation", [each for each in GUARDED if each.access in {"staff", "admin"}], ids=str
)
def test_nobody_of_a_smaller_role(
    sample: Sampler, operation: Operation, demoted: Client, stranger: Person, admin: Client
) -> None:
    """OWASP API5:2023, CWE-285: customers, the demoted, and staff where an admin is needed."""
    good = sample(operation)
    attackers = {"a customer": stranger.client, "a former admin": demoted}
    if operation.access == "admin":
        attackers["staff"] = sample.shop.staff

    def attack() -> None:
        for client in attackers.values():
            refused(good.but(client=client).send(), 403, "forbidden")

    attacked(sample, good, attack)
    assert succeeded(admin.get(stranger.path)).json()["role"] == "customer"


@pytest.mark.parametrize(
    "operation", [each for each in GUARDED if each.access.startswith("owner")], ids=str
)
def test_nobody_else_s(
    sample: Sampler, operation: Operation, demoted: Client, stranger: Person
) -> None:
    """OWASP API1:2023, CWE-639: what is another's is not there, or not to be touched."""
    good = sample(operation)
    attackers = [stranger.client, demoted]
    if operation.access == "owner":
        attackers += [sample.shop.staff, sample.admin]
    hidden = 403 not in operation.responses

    def attack() -> None:
        for client in attackers:
            answer = good.but(client=client).send()
            refused(answer, *((404, "not-found") if hidden else (403, "forbidden")))

    attacked(sample, good, attack)
