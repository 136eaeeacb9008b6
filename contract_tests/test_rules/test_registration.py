"""Registration: any client can register a customer, once for each e-mail address."""

import json

import pytest

from harness import formats, people
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.people import PASSWORD


def registration(**members: Json) -> Json:
    return {"email": formats.email(), "password": PASSWORD, "name": "Ada Lovelace", **members}


def test_everybody_starts_as_an_enabled_customer(anyone: Client, admin: Client) -> None:
    body = registration(name="Zoë 王 O'Neil")
    answer = succeeded(anyone.post("/users", body), 201)
    user = answer.json()
    assert user["email"] == body["email"]
    assert user["name"] == "Zoë 王 O'Neil"
    assert user["role"] == "customer"
    assert user["disabled"] is False
    assert user["created_at"] == user["updated_at"]
    assert location(answer) == f"/users/{user['id']}"
    seen = succeeded(admin.get(location(answer)))
    assert seen.json() == user
    assert seen.headers["ETag"] == answer.headers["ETag"]


def test_an_address_is_kept_in_lower_case(anyone: Client) -> None:
    email = formats.email()
    assert people.register(anyone, email=email.upper())["email"] == email
    for spelling in (email, email.title()):
        succeeded(anyone.post("/auth/login", {"email": spelling, "password": PASSWORD}), 200)


@pytest.mark.parametrize(
    "form", ["{}.o'brien@example.com", "{}+books@example.com", "{}@a.b.c.d.example.com"]
)
def test_unusual_addresses_are_accepted(anyone: Client, form: str) -> None:
    email = form.format(formats.word())
    assert people.register(anyone, email=email)["email"] == email
    people.log_in(anyone, email)


@pytest.mark.parametrize("email", ["ada", "ada@localhost", "a..b@example.com", "{ada}"])
def test_a_login_does_not_validate_the_address(anyone: Client, email: str) -> None:
    """An address that was valid when it was stored must not become unusable."""
    answer = anyone.post("/auth/login", {"email": email, "password": PASSWORD})
    refused(answer, 401, "invalid-credentials")


def test_an_address_is_taken_whatever_its_case(anyone: Client, admin: Client) -> None:
    email = people.register(anyone)["email"]
    before = admin.get("/users", params={"limit": 1}).json()
    refused(anyone.post("/users", registration(email=email.upper())), 409, "email-taken")
    assert admin.get("/users", params={"limit": 1}).json() == before


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("email", "adalovelace", "format"),
        ("email", "@a", "length"),
        ("email", "a..b@example.com", "format"),
        ("email", "@bookstore.example", "format"),
        ("email", "ada@", "format"),
        ("email", "@1.2", "format"),
        ("email", "ada@book store.example", "format"),
        ("email", "ada@bookstore.example\n", "format"),
        ("email", "@".join(("x" * 64, ".".join(["y" * 63] * 3))), "length"),
        ("email", 1, "type"),
        ("email", None, "type"),
        ("password", "123456789", "length"),
        ("password", "x" * 129, "length"),
        ("password", "correct\x00horse battery", "format"),
        ("password", 1234567890, "type"),
        ("name", "", "length"),
        ("name", "x" * 101, "length"),
        ("name", "Ada\nLovelace", "format"),
        ("name", "Ada\x7f", "format"),
        ("name", "Ada\x85", "format"),
        ("name", ["Ada"], "type"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_wrong_member_is_named(anyone: Client, member: str, value: Json, code: str) -> None:
    invalid(anyone.post("/users", registration(**{member: value})), {f"/{member}": code})


def test_every_wrong_member_is_named(anyone: Client) -> None:
    body = {"email": "adalovelace", "password": "short", "role": "admin"}
    expected = {"/email": "format", "/password": "length", "/name": "required"}
    problem = anyone.post("/users", body)
    invalid(problem, {**expected, "/role": "unexpected"})


@pytest.mark.parametrize("password", ["x" * 10, "x" * 128, "pässwörd ☕ 王", "          "])
def test_a_password_is_taken_as_it_is(anyone: Client, password: str) -> None:
    email = people.register(anyone, password=password)["email"]
    people.log_in(anyone, email, password)
    wrong = {"email": email, "password": password[:-1] + "!"}
    refused(anyone.post("/auth/login", wrong), 401, "invalid-credentials")


def test_nobody_is_shown_a_password(anyone: Client, admin: Client) -> None:
    user = people.register(anyone)
    for shown in (user, admin.get(f"/users/{user['id']}").json()):
        assert "password" not in json.dumps(shown)
