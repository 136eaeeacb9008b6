"""What admins do with accounts: lists, roles, disabling, and never the last admin."""

from collections.abc import Iterator

import pytest

from harness import people
from harness.client import Client, invalid, refused, succeeded
from harness.people import PASSWORD, Person
from harness.target import Ground, Target


@pytest.mark.slow
def test_accounts_are_listed_newest_first(admin: Client, anyone: Client) -> None:
    users = [people.register(anyone) for _ in range(5)]
    newest = succeeded(admin.get("/users", params={"limit": 5})).json()["items"]
    assert newest == users[::-1]
    first, second = list(admin.pages("/users", limit=3))[:2]
    assert (first + second)[:5] == users[::-1]


def test_accounts_are_filtered(admin: Client, anyone: Client) -> None:
    user = people.register(anyone)
    admin.change(f"/users/{user['id']}", role="staff", disabled=True)
    newest = admin.get("/users", params={"role": "staff", "disabled": "true"}).json()["items"]
    assert newest[0]["id"] == user["id"]
    assert {(item["role"], item["disabled"]) for item in newest} == {("staff", True)}
    for params in ({"role": "customer"}, {"disabled": "false"}, {"role": "admin"}):
        listed = admin.walk("/users", limit=100, **params)
        assert user["id"] not in {item["id"] for item in listed}


def test_wrong_filters_are_named(admin: Client) -> None:
    answer = admin.get("/users?role=king&disabled=abc&limit=0&cursor=%21")
    codes = {"?role": "choice", "?disabled": "type", "?limit": "range", "?cursor": "format"}
    invalid(answer, codes)


def test_a_role_counts_from_the_next_request_on(admin: Client, customer: Person) -> None:
    refused(customer.client.get("/books/export"), 403, "forbidden")
    assert admin.change(customer.path, role="staff")["role"] == "staff"
    succeeded(customer.client.get("/books/export"), 200)
    refused(customer.client.get("/users"), 403, "forbidden")
    admin.change(customer.path, role="admin")
    succeeded(customer.client.get("/users"), 200)
    admin.change(customer.path, role="customer")
    refused(customer.client.get("/users"), 403, "forbidden")


def test_disabling_ends_every_session_at_once(
    admin: Client, anyone: Client, customer: Person
) -> None:
    assert admin.change(customer.path, disabled=True)["disabled"] is True
    refused(customer.client.get("/users/me"), 401, "unauthenticated")
    answer = anyone.post("/auth/refresh", {"refresh_token": customer.refresh_token})
    refused(answer, 401, "invalid-refresh-token")
    credentials = {"email": customer.email, "password": PASSWORD}
    refused(anyone.post("/auth/login", credentials), 401, "invalid-credentials")
    admin.change(customer.path, disabled=False)
    refused(customer.client.get("/users/me"), 401, "unauthenticated")
    people.log_in(anyone, customer.email)


def test_a_change_that_changes_nothing_leaves_the_account(admin: Client, customer: Person) -> None:
    before = succeeded(admin.get(customer.path))
    body = {"role": "customer", "disabled": False}
    after = succeeded(admin.patch(customer.path, body, before.headers["ETag"]), 200)
    assert after.json() == before.json()
    assert after.headers["ETag"] == before.headers["ETag"]
    succeeded(customer.client.get("/users/me"), 200)


def test_of_two_admins_with_one_tag_one_wins(admin: Client, customer: Person) -> None:
    tag = admin.etag(customer.path)
    succeeded(admin.patch(customer.path, {"role": "staff"}, tag), 200)
    answer = admin.patch(customer.path, {"disabled": True}, tag)
    refused(answer, 412, "precondition-failed")
    assert admin.get(customer.path).json()["disabled"] is False


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"role": "king"}, {"/role": "choice"}),
        ({"role": None}, {"/role": "type"}),
        ({"disabled": 0}, {"/disabled": "type"}),
        ({"disabled": "true"}, {"/disabled": "type"}),
        (
            {"name": "Eve", "email": "eve@contract.example"},
            {"/name": "unexpected", "/email": "unexpected"},
        ),
        ({"role": 1, "disabled": None}, {"/role": "type", "/disabled": "type"}),
    ],
    ids=str,
)
def test_wrong_members_are_named(
    admin: Client, customer: Person, body: dict[str, object], errors: dict[str, str]
) -> None:
    tag = admin.etag(customer.path)
    invalid(admin.patch(customer.path, body, tag), errors)
    assert admin.etag(customer.path) == tag


@pytest.fixture(scope="module")
def lonely(ground: Ground) -> Iterator[Target]:
    """A shop with a single admin."""
    server = ground.open("lonely", pays=False)
    yield ground.target(server)
    server.stop()


@pytest.mark.slow
def test_the_last_active_admin_stays_one(lonely: Target) -> None:
    anyone = Client(lonely.base_url)
    first = people.join(anyone, lonely.admin_email, lonely.admin_password)
    for body in ({"role": "staff"}, {"role": "customer"}, {"disabled": True}):
        tag = first.client.etag(first.path)
        refused(first.client.patch(first.path, body, tag), 409, "last-admin")
        assert first.client.etag(first.path) == tag
    second = people.new_member(first.client, "admin")
    first.client.change(second.path, disabled=True)
    answer = first.client.patch(first.path, {"role": "staff"}, first.client.etag(first.path))
    refused(answer, 409, "last-admin")
    first.client.change(second.path, disabled=False)
    assert first.client.change(first.path, role="customer")["role"] == "customer"
    refused(first.client.get("/users"), 403, "forbidden")
    anyone.close()
