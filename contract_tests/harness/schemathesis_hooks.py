"""Schemathesis hooks: string formats, media types, and ids of existing resources.

test_schema.py loads this module; its command-line process does so through SCHEMATHESIS_HOOKS.
"""

import base64
import json
import os
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

from harness import exchanges, formats, guard, pictures, webhooks
from harness.contract import Json, is_json

SEEDS = "CONTRACT_TESTS_SEEDS"
"""The variable with a JSON object of ids, by path parameter or by `operationId.parameter`.

The object also has the `base_url`, the access `token` of the requests and, if it is known, the
payment provider's `webhook_secret`.
"""

GUARDED = "If-Match"
ONCE = "Idempotency-Key"
FRAMING = {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding"}
"""Headers that the HTTP client sets itself; test_wire tests invalid ones."""

_seen_ids: set[str] = set()
"""Ids that generated requests created. They are kept, because a link may refer to them."""

_DIGITS = st.text("0123456789", min_size=9, max_size=9)
_WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=8, max_size=16)
_ISBNS = _DIGITS.map(lambda nine: f"978{nine}{formats.check_digit('978' + nine)}")
_CURSOR = base64.urlsafe_b64encode(
    b'["newest","2100-01-01T00:00:00.000000Z","8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"]'
)


def _csv(isbn: str) -> bytes:
    header = "isbn,title,authors,language,published_year,price_amount,stock"
    return f"{header}\r\n{isbn},A title,An author,eng,1937,1299,3\r\n".encode()


def _ndjson(isbn: str) -> bytes:
    row: Json = {"isbn": isbn, "title": "A title", "authors": ["An author"], "language": None}
    row |= {"published_year": 1937, "price_amount": 1299, "stock": 3}
    return json.dumps(row).encode() + b"\n"


def register() -> None:
    """Register the contract's string formats and media types with Schemathesis."""
    schemathesis.openapi.format("isbn-13", _ISBNS)
    schemathesis.openapi.format("iso-4217", st.just(formats.CURRENCY))
    schemathesis.openapi.format("email", _WORDS.map(lambda word: f"{word}@contract.example"))
    schemathesis.openapi.format("cursor", st.just(_CURSOR.rstrip(b"=").decode()))
    schemathesis.openapi.media_type("text/csv", _ISBNS.map(_csv))
    schemathesis.openapi.media_type("application/x-ndjson", _ISBNS.map(_ndjson))
    for media_type, picture in pictures.BY_TYPE.items():
        schemathesis.openapi.media_type(media_type, st.just(picture))


register()


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Change what Schemathesis cannot read.

    It cannot send the example of a body that is not JSON. The body of a link is JSON with embedded
    expressions: Schemathesis evaluates those within an object, but not within a string.
    """
    del context
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                if not is_json(media_type):
                    content.pop("example", None)
                    content.pop("examples", None)
            for answer in operation["responses"].values():
                for link in answer.get("links", {}).values():
                    if "requestBody" in link:
                        link["requestBody"] = json.loads(link["requestBody"])


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """Let a case refer to existing resources, and make a positive case valid for them."""
    del context
    operation_id = case.operation.definition.raw["operationId"]
    if not (case.meta and case.meta.is_negative_at(ParameterLocation.PATH)):
        _name_things(case, operation_id)
    _say_something(case)
    _leave_framing(case)
    if case.meta and case.meta.generation.mode.is_positive:
        _fit(case, operation_id)
        if operation_id == "placeOrder":
            _fill_cart()
    secret = _seeds().get("webhook_secret")
    headers_are_wrong = case.meta and case.meta.is_negative_at(ParameterLocation.HEADER)
    if operation_id == "receivePaymentEvent" and secret and not headers_are_wrong:
        kwargs["auth"] = Signature(secret)


class Signature(AuthBase):
    """Signs an event after its body was serialised."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the three webhook headers to the request."""
        content = request.body or b""
        content = content.encode() if isinstance(content, str) else content
        assert isinstance(content, bytes)
        request.headers.update(webhooks.headers(content, self._secret))
        return request


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response
) -> None:
    """Count the response, and remember the id of a created resource."""
    del context, case
    request = response.request
    path = str(request.path_url).partition("?")[0]
    guard.record(str(request.method), path, response.status_code)
    exchanges.note_generated(response)
    if response.status_code == 201 and response.content.startswith(b"{"):
        _seen_ids.add(response.json().get("id", ""))


def _seeds() -> Json:
    return json.loads(os.environ[SEEDS])


def _fill_cart() -> None:
    """Put a book into the cart, because an earlier order has emptied it."""
    seeds = _seeds()
    path = f"/cart/items/{seeds['book_id']}"
    requests.put(
        f"{seeds['base_url']}{path}",
        json={"quantity": 1},
        headers={"Authorization": f"Bearer {seeds['token']}"},
        timeout=30,
    )


def _name_things(case: schemathesis.Case[Any], operation_id: str) -> None:
    """Put ids of existing resources into the path, but an unknown id into a DELETE."""
    ids = _seeds()
    deletes = case.method == "DELETE" and operation_id != "deleteCartItem"
    for name, value in case.path_parameters.items():
        if value not in _seen_ids:
            known = ids.get(f"{operation_id}.{name}", ids[name])
            case.path_parameters[name] = str(uuid4()) if deletes else known


def _say_something(case: schemathesis.Case[Any]) -> None:
    """Replace values that are not serialised: without them, the request would be valid."""
    for name, value in case.query.items():
        sent = requests.Request("GET", "http://127.0.0.1", params={name: value}).prepare()
        if "?" not in sent.path_url:
            case.query[name] = ["0", "0"]


def _leave_framing(case: schemathesis.Case[Any]) -> None:
    """Remove generated headers that control the framing of the request."""
    for name in FRAMING & {each.lower() for each in case.headers}:
        del case.headers[name]


def _fit(case: schemathesis.Case[Any], operation_id: str) -> None:
    ids = _seeds()
    if GUARDED in case.headers:
        case.headers[GUARDED] = "*"
    if ONCE in case.headers:
        case.headers[ONCE] = uuid4().hex  # a key that another request used would be a 422
    if "cursor" in case.query:
        case.query["cursor"] = _cursor(operation_id, case.query)
    if operation_id == "getSalesReport":
        case.query["from"], case.query["to"] = _month_from(case.query["from"])
    if isinstance(case.body, dict):
        body = case.body = _with_integers(case.body)
        _fit_body(body, operation_id, ids)


def _with_integers(value: Any) -> Any:
    """Return a JSON value with `1` instead of `1.0`, which a server may refuse as an integer."""
    if isinstance(value, dict):
        return {name: _with_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_integers(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fit_body(body: dict[str, Any], operation_id: str, ids: dict[str, str]) -> None:
    if body.get("author_ids"):
        body["author_ids"] = [ids["author_id"]]
    if body.get("category_ids"):
        body["category_ids"] = [ids["category_id"]]
    if body.get("parent_id"):
        body["parent_id"] = ids["category_id"]
    if operation_id == "createRefund":
        body["amount"]["amount"] = 1
    if operation_id == "updateMe":
        body.pop("email", None)
        body.pop("current_password", None)


def _month_from(first: str) -> tuple[str, str]:
    """Return a period of 30 days from a date, or another period if the date is invalid."""
    try:
        day = date.fromisoformat(first)
        return first, (day + timedelta(30)).isoformat()
    except (ValueError, OverflowError):
        return "2026-03-01", "2026-03-31"


def _cursor(operation_id: str, query: dict[str, Any]) -> str:
    """Return a cursor that is valid for the list and its sort."""
    default = {"listAuthors": "name", "listCategories": "name"}.get(operation_id, "newest")
    sort = query.get("sort", default)
    keys = {"newest": "2100-01-01T00:00:00.000000Z", "title": "a", "name": "a"}
    key = keys.get(sort.removeprefix("-"), 1000)
    text = json.dumps([sort, key, "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
