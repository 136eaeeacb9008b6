"""Objects and their members: nobody reads, fills in or overwrites what is not theirs to."""

import json

import pytest

from harness import contract, formats, people
from harness.client import Client, invalid, named_fields, refused, succeeded
from harness.contract import Json, Operation
from harness.people import PASSWORD, Person
from harness.sales import Sales, once, path_of
from harness.samples import Sampler
from harness.shop import Shop

SERVER_SET = (
    *("id", "version", "etag", "created_at", "updated_at", "user_id", "owner_id", "customer_id"),
    *("role", "disabled", "is_admin", "is_staff", "is_superuser", "admin", "permissions", "groups"),
    *("password_hash", "session_id", "refresh_hash", "email_verified"),
    *("state", "status", "total", "captured", "refunded", "paid_at", "expires_at", "currency"),
    *("on_hand", "reserved", "available", "rating_sum", "rating_count", "search_text", "cover_url"),
    *("provider_id", "failure_code", "reference", "cancellation_reason", "lines", "unit_price"),
    *("__proto__", "constructor", "prototype", "__class__", "_method", "$set", "$where"),
)
"""What only the server sets, and what only some server would take (CWE-915, CWE-1321)."""

TAKING_JSON = pytest.mark.parametrize(
    "operation",
    [each for each in contract.operations() if each.takes_json and each.access != "signature"],
    ids=str,
)
"""Not an event of the provider, whose unknown members are ignored."""


def members_of(operation: Operation) -> set[str]:
    """What the contract lets a client set."""
    content = operation.definition["requestBody"]["content"]
    schema = contract.resolve(content[operation.body_types[0]]["schema"])
    return set(schema["properties"])


@TAKING_JSON
def test_nobody_sets_what_the_server_sets(sample: Sampler, operation: Operation) -> None:
    """OWASP API3:2023, CWE-915: mass assignment; each such member is named, and nothing is done."""
    good = sample(operation)
    body = json.loads(good.content or b"{}")
    extra = {name: 1 for name in SERVER_SET if name not in members_of(operation)}
    bad = good.with_json({**body, **extra})
    found = named_fields(refused(bad.send(), 422, "validation-failed"))
    assert found == {f"/{name}": "unexpected" for name in extra}
    succeeded(good.send())


def nested(value: Json, where: str = "") -> list[tuple[str, Json]]:
    """The objects within a JSON body, by pointer."""
    inner = [(f"{where}/{name}", each) for name, each in value.items() if isinstance(each, dict)]
    return inner + [deeper for pointer, each in inner for deeper in nested(each, pointer)]


@pytest.mark.slow
@TAKING_JSON
def test_nobody_sets_it_further_in(sample: Sampler, operation: Operation) -> None:
    """OWASP API3:2023, CWE-915: within a price or an address neither."""
    good = sample(operation)
    for pointer, _ in nested(json.loads(good.content or b"{}")):
        body = json.loads(good.content or b"")
        place = body
        for step in pointer.strip("/").split("/"):
            place = place[step]
        place["role"] = place["version"] = 1
        expected = {f"{pointer}/role": "unexpected", f"{pointer}/version": "unexpected"}
        invalid(good.with_json(body).send(), expected)
    succeeded(good.send())


@pytest.mark.slow
@TAKING_JSON
def test_nobody_sets_it_in_a_query(sample: Sampler, operation: Operation) -> None:
    """OWASP API3:2023, CWE-235: these operations ignore the query."""
    names = ("role", "_method", "fields", "expand", "version")
    good = sample(operation)
    answer = good.but(query="&".join(f"{name}=admin" for name in names)).send()
    assert succeeded(answer).status_code in operation.responses
    assert "admin" not in answer.text


@pytest.mark.parametrize("column", ["id", "version", "on_hand", "reserved", "role", "cover_url"])
def test_nobody_sets_it_in_a_file(shop: Shop, column: str) -> None:
    """OWASP API3:2023, CWE-915: a column that only the server fills."""
    header = f"isbn,title,authors,language,published_year,price_amount,stock,{column}"
    answer = shop.import_csv(f"{header}\n{formats.isbn()},T,A,,,1,0,1\n")
    refused(answer, 422, "validation-failed")


def test_nobody_sees_more_of_an_account_than_the_contract_shows(
    customer: Person, admin: Client
) -> None:
    """OWASP API3:2023, CWE-213: neither hash nor session nor version."""
    shown = {"id", "email", "name", "role", "disabled", "created_at", "updated_at"}
    assert customer.client.get("/users/me").json().keys() == shown
    for user in admin.get("/users", params={"limit": 5}).json()["items"]:
        assert user.keys() == shown


@pytest.fixture(scope="module")
def victim(anyone: Client) -> Person:
    """A customer with an order, paid, and a cart."""
    return people.new_customer(anyone)


@pytest.fixture(scope="module")
def theirs(sales: Sales, victim: Person) -> tuple[Json, Json]:
    """The victim's order and payment; something lies in their cart, too."""
    order = sales.order(victim.client)
    payment = sales.payment(victim.client, order)
    sales.fill(victim.client)
    return order, payment


def test_the_owner_s_404_is_everybody_s(
    theirs: tuple[Json, Json], sales: Sales, customer: Person
) -> None:
    """OWASP API1:2023, CWE-203: what is another's is told apart from nothing by no byte of it."""
    order, payment = theirs
    nothing = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
    before = sales.now(order)
    for path, real in (
        (path_of(order), order["id"]),
        (f"/payments/{payment['id']}", payment["id"]),
    ):
        seen = [customer.client.get(each) for each in (path, path.replace(real, nothing))]
        assert alike(*seen)
    for verb in ("cancellation", "payments"):
        body = {"payment_method": "pm_card_visa"} if verb == "payments" else {}
        seen = [
            customer.client.post(
                f"/orders/{each}/{verb}", *([body] if body else []), headers=once()
            )
            for each in (order["id"], nothing)
        ]
        assert alike(*seen)
    assert sales.now(order) == before


def alike(one: object, other: object) -> bool:
    """Whether two answers are the same but for what names the request."""

    def told(answer: Json) -> Json:
        own = {"request_id": None, "instance": None}
        headers = {name: answer.headers[name] for name in answer.headers if name not in VARYING}
        return answer.status_code, {**answer.json(), **own}, headers

    return bool(told(one) == told(other))


VARYING = {"date", "x-request-id", "server-timing", "content-length"}


def test_lists_show_only_what_is_one_s_own(
    theirs: tuple[Json, Json], victim: Person, customer: Person
) -> None:
    """OWASP API1:2023, CWE-639: whatever is filtered for."""
    order, _ = theirs
    assert customer.client.walk("/orders") == []
    assert customer.client.walk("/orders", user_id=victim.id) == []
    assert customer.client.walk("/orders", state=order["state"]) == []
    assert customer.client.get("/cart").json()["items"] == []


def test_a_cursor_leads_to_one_s_own_only(
    sales: Sales, theirs: tuple[Json, Json], victim: Person, customer: Person
) -> None:
    """OWASP API1:2023, CWE-639: somebody else's cursor shows nothing of theirs."""
    assert theirs
    sales.order(victim.client)
    page = succeeded(victim.client.get("/orders", params={"limit": 1})).json()
    answer = customer.client.get("/orders", params={"cursor": page["next_cursor"]})
    assert succeeded(answer).json()["items"] == []


def test_an_idempotency_key_is_its_caller_s(sales: Sales, anyone: Client) -> None:
    """OWASP API1:2023, CWE-639: nobody is shown, or stopped by, what another did under it."""
    key, book = formats.word(), sales.book()
    buyers = [people.new_customer(anyone).client for _ in range(2)]
    orders = []
    for buyer in buyers:
        sales.fill(buyer, (book, 1))
        answer = succeeded(sales.place(buyer, key), 201)
        assert "Idempotency-Replayed" not in answer.headers
        orders.append(answer.json()["id"])
    assert orders[0] != orders[1]


def test_an_entity_tag_of_another_s_tells_nothing(
    theirs: tuple[Json, Json], victim: Person, customer: Person
) -> None:
    """OWASP API1:2023, CWE-203: a condition is looked at after the right to look."""
    order, _ = theirs
    tag = victim.client.etag(path_of(order))
    for known in (tag, "*"):
        answer = customer.client.get(path_of(order), headers={"If-None-Match": known})
        refused(answer, 404, "not-found")


def test_nobody_pays_for_or_by_another(
    sales: Sales, theirs: tuple[Json, Json], customer: Person
) -> None:
    """OWASP API1:2023 and API6:2023, CWE-639: another's order, under whatever key."""
    order, payment = theirs
    for key in (formats.word(), payment["id"], order["id"]):
        refused(sales.pay(customer.client, order, key=key), 404, "not-found")
        refused(sales.cancel(customer.client, order, key=key), 404, "not-found")
    assert sales.now(order)["state"] == "paid"


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
)
def test_a_method_is_what_it_is(shop: Shop, header: str) -> None:
    """OWASP API5:2023, CWE-650: no header makes a POST or a GET a DELETE."""
    book = shop.book()
    path = f"/books/{book['id']}"
    headers = {header: "DELETE", "If-Match": shop.staff.etag(path)}
    refused(shop.staff.request("POST", path, headers=headers), 405, "method-not-allowed")
    assert succeeded(shop.staff.get(path, headers=headers)).json() == book


@pytest.mark.parametrize("header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"])
def test_a_path_is_what_it_is(anyone: Client, header: str) -> None:
    """OWASP API8:2023, CWE-436: no header leads elsewhere."""
    answer = anyone.get("/health/live", headers={header: "/users"})
    assert succeeded(answer, 200).json() == {"status": "ok"}


@pytest.mark.slow
def test_what_needs_the_password_needs_it(customer: Person, anyone: Client) -> None:
    """OWASP API2:2023, CWE-620: with a stolen token alone, neither address nor password change."""
    body: Json = {"email": formats.email()}
    for more in (
        {},
        {"current_password": "something else"},
        {"current_password": PASSWORD.upper()},
    ):
        answer = customer.client.patch("/users/me", {**body, **more})
        refused(answer, 422, "validation-failed")
    people.log_in(anyone, customer.email)
