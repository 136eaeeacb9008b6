"""One's own account: name, e-mail address, password."""

import pytest

from harness import formats, people
from harness.client import MERGE_PATCH, Client, invalid, refused, succeeded
from harness.people import PASSWORD, Person

ME = "/users/me"
NEW_PASSWORD = "staple battery horse"


def test_i_see_my_account_and_nothing_else(customer: Person, admin: Client) -> None:
    mine = succeeded(customer.client.get(ME)).json()
    assert mine == succeeded(admin.get(customer.path)).json()
    refused(customer.client.get(customer.path), 403, "forbidden")


@pytest.mark.parametrize("media_type", ["application/json", MERGE_PATCH])
def test_a_name_is_changed_by_a_patch_of_either_type(customer: Person, media_type: str) -> None:
    before = succeeded(customer.client.get(ME))
    headers = {"Content-Type": media_type}
    answer = customer.client.request("PATCH", ME, json={"name": "Countess"}, headers=headers)
    after = succeeded(answer, 200)
    assert after.json()["name"] == "Countess"
    assert after.json()["updated_at"] > before.json()["updated_at"]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert succeeded(customer.client.get(ME)).json() == after.json()


@pytest.mark.parametrize("same", [{}, {"name": "Ada Lovelace"}])
def test_a_patch_that_changes_nothing_leaves_the_account(
    customer: Person, same: dict[str, str]
) -> None:
    before = succeeded(customer.client.get(ME))
    after = succeeded(customer.client.patch(ME, same), 200)
    assert after.json() == before.json()
    assert after.headers["ETag"] == before.headers["ETag"]


def test_a_patch_honours_if_match(customer: Person) -> None:
    tag = customer.client.etag(ME)
    succeeded(customer.client.patch(ME, {"name": "First"}, tag), 200)
    refused(customer.client.patch(ME, {"name": "Second"}, tag), 412, "precondition-failed")
    assert customer.client.get(ME).json()["name"] == "First"
    succeeded(customer.client.patch(ME, {"name": "Third"}, f'"other", {customer.client.etag(ME)}'))
    succeeded(customer.client.patch(ME, {"name": "Fourth"}, "*"))


def test_null_is_no_name(customer: Person) -> None:
    invalid(customer.client.patch(ME, {"name": None}), {"/name": "type"})


def test_i_cannot_make_myself_an_admin(customer: Person) -> None:
    body = {"role": "admin", "disabled": False}
    expected = {"/role": "unexpected", "/disabled": "unexpected"}
    invalid(customer.client.patch(ME, body), expected)
    assert customer.client.get(ME).json()["role"] == "customer"


def test_a_new_address_needs_the_password(customer: Person, anyone: Client) -> None:
    email = formats.email()
    answer = customer.client.patch(ME, {"email": email})
    invalid(answer, {"/current_password": "required"})
    answer = customer.client.patch(ME, {"email": email, "current_password": "something else"})
    invalid(answer, {"/current_password": "incorrect"})
    people.log_in(anyone, customer.email)
    body = {"email": email.upper(), "current_password": PASSWORD}
    assert succeeded(customer.client.patch(ME, body), 200).json()["email"] == email
    people.log_in(anyone, email)
    old = {"email": customer.email, "password": PASSWORD}
    refused(anyone.post("/auth/login", old), 401, "invalid-credentials")


def test_a_taken_address_is_refused(customer: Person, anyone: Client) -> None:
    taken = people.register(anyone)["email"]
    body = {"email": taken.upper(), "current_password": PASSWORD}
    refused(customer.client.patch(ME, body), 409, "email-taken")
    assert customer.client.get(ME).json()["email"] == customer.email


def test_a_new_password_ends_every_session(customer: Person, anyone: Client) -> None:
    other = people.join(anyone, customer.email)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    succeeded(customer.client.put(f"{ME}/password", body), 204)
    for person in (customer, other):
        refused(person.client.get(ME), 401, "unauthenticated")
        answer = anyone.post("/auth/refresh", {"refresh_token": person.refresh_token})
        refused(answer, 401, "invalid-refresh-token")
    old = {"email": customer.email, "password": PASSWORD}
    refused(anyone.post("/auth/login", old), 401, "invalid-credentials")
    people.log_in(anyone, customer.email, NEW_PASSWORD)


def test_a_wrong_password_changes_none(customer: Person, anyone: Client) -> None:
    body = {"current_password": "something else", "new_password": NEW_PASSWORD}
    answer = customer.client.put(f"{ME}/password", body)
    invalid(answer, {"/current_password": "incorrect"})
    people.log_in(anyone, customer.email)
    succeeded(customer.client.get(ME), 200)


def test_every_wrong_member_of_a_password_change_is_named(customer: Person) -> None:
    body = {"current_password": 1, "new_password": "short"}
    expected = {"/current_password": "type", "/new_password": "length"}
    invalid(customer.client.put(f"{ME}/password", body), expected)
