"""Every implementation answers one fault with one sentence: the one of `spec/problems.yaml`."""

import json
from collections.abc import Callable

import httpx
import pytest

from harness import formats, options, people, pictures, problems
from harness.client import MERGE_PATCH, Client, refused, succeeded
from harness.contract import Json, slug
from harness.people import PASSWORD
from harness.problems import detail
from harness.sales import ADDRESS, Sales, once
from harness.shop import Shop, price

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


@pytest.fixture(autouse=True)
def _of_an_implementation() -> None:
    if options.chosen().elsewhere:
        pytest.skip("a server elsewhere may have sentences of its own")


def details(answer: httpx.Response) -> dict[str, str]:
    """Return the details of a 422 by pointer or name."""
    errors = refused(answer, 422, "validation-failed")["errors"]
    return {error.get("pointer", error.get("name")): error["detail"] for error in errors}


def length(low: int, high: int, unit: str = "characters") -> str:
    """Return the detail of the code `length`."""
    return detail("length", special=int(low == high), minimum=low, maximum=high, unit=unit)


def between(low: int, high: int) -> str:
    """Return the usual detail of the code `range`."""
    return detail("range", minimum=low, maximum=high)


MEMBERS: list[tuple[str, Json, str]] = [
    ("/title", {"title": None}, detail("type", "string")),
    ("/title", {"title": 1}, detail("type", "string")),
    ("/title", {"title": ""}, length(1, 500)),
    ("/title", {"title": "a\tb"}, detail("format", "text")),
    ("/description", {"description": "a\tb"}, detail("format", "long_text")),
    ("/isbn", {"isbn": "978"}, length(13, 13)),
    ("/isbn", {"isbn": "0" * 13}, detail("format", "isbn")),
    ("/isbn", {"isbn": "9780261102218"}, detail("checksum")),
    ("/language", {"language": "English"}, length(2, 6)),
    ("/language", {"language": "EN"}, detail("format", "language")),
    ("/published_year", {"published_year": "1937"}, detail("type", "integer")),
    ("/published_year", {"published_year": 2101}, between(-3000, 2100)),
    ("/author_ids", {"author_ids": None}, detail("type", "array")),
    ("/author_ids", {"author_ids": []}, length(1, 50, "items")),
    ("/author_ids/0", {"author_ids": [1]}, detail("type", "string")),
    ("/author_ids/0", {"author_ids": ["nonsense"]}, detail("format", "id")),
    ("/author_ids/0", {"author_ids": [UNKNOWN_ID]}, detail("unknown")),
    ("/author_ids/1", {"author_ids": [UNKNOWN_ID] * 2}, detail("duplicate")),
    ("/category_ids/0", {"category_ids": [UNKNOWN_ID]}, detail("unknown")),
    ("/price", {"price": None}, detail("type", "object")),
    ("/price", {"price": 1}, detail("type", "object")),
    ("/price/currency", {"price": {"amount": 1}}, detail("required")),
    ("/price/amount", {"price": {"amount": 0, "currency": "EUR"}}, between(1, 99_999_999)),
    ("/price/amount", {"price": {"amount": None, "currency": "EUR"}}, detail("type", "integer")),
    ("/price/currency", {"price": price(1) | {"currency": "eur"}}, detail("format", "currency")),
    (
        "/price/currency",
        {"price": price(1) | {"currency": "XXX"}},
        detail("choice", special=1, choice=formats.CURRENCY),
    ),
    ("/weight", {"weight": 1}, detail("unexpected")),
]


@pytest.mark.parametrize(("pointer", "members", "text"), MEMBERS, ids=lambda value: str(value)[:40])
def test_a_fault_of_a_body_has_one_sentence(
    staff: Client, shop: Shop, pointer: str, members: Json, text: str
) -> None:
    assert details(staff.post("/books", shop.book_members(**members))) == {pointer: text}


QUERIES = [
    ("limit=x", {"limit": detail("type", "integer")}),
    ("limit=", {"limit": detail("type", "integer")}),
    ("limit=0", {"limit": between(1, 100)}),
    ("limit=" + "9" * 30, {"limit": between(1, 100)}),
    ("in_stock=yes", {"in_stock": detail("type", "boolean")}),
    ("cursor=a.b", {"cursor": detail("format", "cursor")}),
    ("cursor=nonsense", {"cursor": detail("format", "cursor")}),
    ("author_id=nonsense", {"author_id": detail("format", "id")}),
    ("q=", {"q": length(1, 200)}),
    ("page=2", {"page": detail("unexpected")}),
    ("limit=1&limit=1", {"limit": detail("repeated")}),
]


@pytest.mark.parametrize(("query", "texts"), QUERIES, ids=[query[:20] for query, _ in QUERIES])
def test_a_fault_of_a_query_has_one_sentence(
    anyone: Client, query: str, texts: dict[str, str]
) -> None:
    assert details(anyone.get(f"/books?{query}")) == texts


def test_other_faults_of_a_query_have_one_sentence(anyone: Client, staff: Client) -> None:
    sorts = "name, -name"
    expected = {"sort": detail("choice", choices=sorts)}
    assert details(anyone.get("/authors?sort=title")) == expected
    report = "/reports/sales?group_by=day&from={}&to={}"
    date = detail("format", "date")
    for wrong in ("2026-3-1", "2026-02-30", "yesterday"):
        assert details(staff.get(report.format(wrong, "2026-03-02"))) == {"from": date}
    days = {"to": detail("range", special=4, maximum=365)}
    assert details(staff.get(report.format("2026-03-02", "2026-03-01"))) == days
    assert details(staff.get(report.format("2026-03-02", "2028-03-01"))) == days


def test_faults_of_headers_have_one_sentence(staff: Client, shop: Shop) -> None:
    book = f"/books/{shop.book()['id']}"
    stock, body = f"{book}/stock-adjustments", {"delta": 1, "reason": "received"}
    key = "Idempotency-Key"
    assert details(staff.post(stock, body, headers={key: "k" * 256})) == {key: length(1, 255)}
    blank = staff.post(stock, body, headers={key: "a b"})
    assert details(blank) == {key: detail("format", "idempotency_key")}
    known = staff.get(book, headers={"If-None-Match": f'"{"x" * 9000}"'})
    assert details(known) == {"If-None-Match": length(0, 8192)}
    headers = {"Content-Type": "image/png", "If-None-Match": '"a"'}
    first = staff.put(f"{book}/cover", content=pictures.png(), headers=headers)
    assert details(first) == {"If-None-Match": detail("choice", special=1, choice="*")}


def test_faults_of_accounts_have_one_sentence(anyone: Client) -> None:
    body = {"email": "adalovelace", "password": "short", "name": ""}
    assert details(anyone.post("/users", body)) == {
        "/email": detail("format", "email"),
        "/password": length(10, 128),
        "/name": length(1, 100),
    }
    assert details(anyone.post("/users", [])) == {"": detail("type", "object")}
    token = anyone.post("/auth/refresh", {"refresh_token": "é"})
    assert details(token) == {"/refresh_token": detail("format", "refresh_token")}
    me = people.new_customer(anyone).client
    answer = me.patch("/users/me", {"email": formats.email()})
    assert details(answer) == {"/current_password": detail("required")}
    answer = me.patch("/users/me", {"email": formats.email(), "current_password": "x" * 10})
    assert details(answer) == {"/current_password": detail("incorrect")}


def test_faults_of_stock_and_sales_have_one_sentence(
    staff: Client, reader: Client, shop: Shop, sales: Sales
) -> None:
    adjustments = f"/books/{shop.book()['id']}/stock-adjustments"

    def adjust(delta: Json, reason: str = "received") -> httpx.Response:
        return staff.post(adjustments, {"delta": delta, "reason": reason}, headers=once())

    assert details(adjust(0)) == {"/delta": detail("range", special=1)}
    assert details(adjust(1_000_001)) == {"/delta": between(-1_000_000, 1_000_000)}
    reasons = "received, returned, damaged, lost, correction"
    assert details(adjust(1, "sold")) == {"/reason": detail("choice", choices=reasons)}
    address = {**ADDRESS, "country": "gb", "name": "a\n"}
    assert details(reader.post("/orders", {"shipping_address": address}, headers=once())) == {
        "/shipping_address/country": detail("format", "country"),
        "/shipping_address/name": detail("format", "text"),
    }
    missing = reader.post("/orders", {"shipping_address": None}, headers=once())
    assert details(missing) == {"/shipping_address": detail("type", "object")}
    payment = reader.post(
        f"/orders/{sales.order(reader)['id']}/payments", {"payment_method": "visa"}, headers=once()
    )
    assert details(payment) == {"/payment_method": detail("format", "payment_method")}


def test_faults_of_covers_have_one_sentence(staff: Client, shop: Shop) -> None:
    cover = f"/books/{shop.book()['id']}/cover"
    headers = {"Content-Type": "image/png", "If-None-Match": "*"}
    broken = staff.put(cover, content=pictures.png()[:40], headers=headers)
    assert details(broken) == {"": detail("format", "image")}
    wide = staff.put(cover, content=pictures.png(4097, 1), headers=headers)
    assert details(wide) == {"": detail("range", special=5, maximum=4096)}


HEADER = "isbn,title,authors,language,published_year,price_amount,stock"
ROW = "{},A title,An author,eng,1937,1299,3"


def test_faults_of_imports_have_one_sentence(shop: Shop) -> None:
    wrong = shop.import_csv(f"{HEADER.removesuffix(',stock')},title,pages\n")
    assert details(wrong) == {
        "/1/stock": detail("required"),
        "/1/pages": detail("unexpected"),
        "/1/title": detail("duplicate"),
    }
    isbn = formats.isbn()
    rows = [ROW.format(isbn), ROW.format(isbn), "1,2", "x" * 70_000, ROW.format("")]
    report = succeeded(shop.import_csv("\n".join([HEADER, *rows, ""]))).json()
    found = {(error["line"], error["column"]): error["detail"] for error in report["errors"]}
    assert found == {
        (3, "isbn"): detail("duplicate"),
        (4, None): detail("malformed", special=1, number=7),
        (5, None): detail("malformed", special=2, maximum=65_536),
        (6, "isbn"): detail("required"),
    }
    headers = {"Content-Type": "application/x-ndjson"}
    answer = shop.staff.post("/books/import", content=b'[]\n{"isbn": }\n', headers=headers)
    errors = succeeded(answer).json()["errors"]
    assert [error["detail"] for error in errors] == [detail("malformed")] * 2
    assert problems.faults_of_fields(errors) == []


JSON = {"Content-Type": "application/json"}
PROBLEMS: dict[str, Callable[[Client, Client, Shop], httpx.Response]] = {
    "malformed-request": lambda staff, _, __: staff.post("/authors", content=b"{", headers=JSON),
    "unauthenticated": lambda _, anyone, __: anyone.get("/users/me"),
    "invalid-credentials": lambda _, anyone, __: anyone.post(
        "/auth/login", {"email": formats.email(), "password": PASSWORD}
    ),
    "invalid-refresh-token": lambda _, anyone, __: anyone.post(
        "/auth/refresh", {"refresh_token": "rt_unknown"}
    ),
    "forbidden": lambda staff, _, __: staff.get("/users"),
    "not-found": lambda _, anyone, __: anyone.get("/nonsense"),
    "method-not-allowed": lambda _, anyone, __: anyone.delete("/books"),
    "not-acceptable": lambda staff, _, __: staff.get(
        "/books/export", headers={"Accept": "image/gif"}
    ),
    "isbn-taken": lambda staff, _, shop: staff.post(
        "/books", shop.book_members(isbn=shop.book()["isbn"])
    ),
    "name-taken": lambda staff, _, shop: staff.post("/authors", {"name": shop.author()["name"]}),
    "precondition-required": lambda staff, _, shop: staff.delete(f"/authors/{shop.author()['id']}"),
    "precondition-failed": lambda staff, _, shop: staff.delete(
        f"/authors/{shop.author()['id']}", '"stale"'
    ),
    "content-too-large": lambda staff, _, __: staff.post(
        "/authors", content=b" " * 1_048_577, headers=JSON
    ),
    "unsupported-media-type": lambda staff, _, shop: staff.request(
        "PATCH", f"/authors/{shop.author()['id']}", headers={"Content-Type": "text/csv"}
    ),
    "validation-failed": lambda staff, _, __: staff.post("/authors", {}),
    "import-rejected": lambda _, __, shop: shop.import_csv(f"{HEADER}\n1\n", on_error="abort"),
    "idempotency-key-missing": lambda staff, _, shop: staff.post(
        f"/books/{shop.book()['id']}/stock-adjustments", {"delta": 1, "reason": "received"}
    ),
}
VALUES: dict[str, dict[str, Json]] = {
    "not-acceptable": {"available": "text/csv or application/x-ndjson"},
    "unsupported-media-type": {"accepted": f"{MERGE_PATCH} or application/json"},
}
"""The values of the placeholders in the details above."""


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_has_one_title_and_one_detail(
    staff: Client, anyone: Client, shop: Shop, name: str
) -> None:
    problem = json.loads(PROBLEMS[name](staff, anyone, shop).content)
    assert slug(problem["type"]) == name
    if name != "malformed-request":  # The detail quotes the JSON parser of the implementation.
        assert problem["detail"] == detail(name, **VALUES.get(name, {}))
    assert problems.faults(problem, with_details=True) == []
