"""For each built operation a request that succeeds: the point from which refusals depart."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import httpx

from harness import formats, people, pictures
from harness.client import MERGE_PATCH, Client
from harness.contract import Json, Operation
from harness.people import Person
from harness.shop import Shop

JSON = "application/json"


@dataclass(frozen=True)
class Sample:
    """A request that may be sent as it is, or with a change."""

    operation: Operation
    client: Client
    path: str
    headers: Mapping[str, str | None] = field(default_factory=dict)
    content: bytes | None = None
    query: str = ""

    def send(self) -> httpx.Response:
        """The answer."""
        url = f"{self.path}?{self.query}" if self.query else self.path
        return self.client.request(
            self.operation.method, url, headers=self.headers, content=self.content
        )

    def but(self, **changes: Any) -> "Sample":  # noqa: ANN401  # a field each
        """The same request, changed."""
        if "headers" in changes:
            changes["headers"] = {**self.headers, **changes["headers"]}
        return replace(self, **changes)


@dataclass(frozen=True)
class Sampler:
    """Makes samples from things of its own, so that none spoils another."""

    shop: Shop
    admin: Client

    @property
    def anyone(self) -> Client:
        """Nobody in particular."""
        return self.admin.bearing(None)

    def customer(self) -> Person:
        """Somebody new, whose session or password may be spent."""
        return people.new_customer(self.anyone)

    @cached_property
    def regular(self) -> Person:
        """A customer who comes again and again."""
        return self.customer()

    @cached_property
    def account(self) -> str:
        """The path of an account that only admins touch."""
        return f"/users/{people.register(self.anyone)['id']}"

    def __call__(self, operation: Operation) -> Sample:
        """A request for an operation that succeeds, once."""
        return _MAKERS[operation.id](self, operation)

    def client_for(self, access: str) -> Client:
        """Somebody who may."""
        if access == "customer":
            return self.regular.client
        return {"public": self.anyone, "staff": self.shop.staff, "admin": self.admin}[access]


Maker = Callable[[Sampler, Operation], Sample]


def _at(path: str = "", **headers: str) -> Maker:
    """A request without body or parameters in its path."""

    def make(to: Sampler, operation: Operation) -> Sample:
        client = to.client_for(operation.access)
        return Sample(operation, client, path or operation.path, headers)

    return make


def _post(body: Callable[[Sampler], Json]) -> Maker:
    """A JSON body to a path without parameters."""

    def make(to: Sampler, operation: Operation) -> Sample:
        client = to.client_for(operation.access)
        return _with_json(Sample(operation, client, operation.path), body(to))

    return make


def _on(
    thing: Callable[[Sampler], str],
    body: Callable[[], Json] | None = None,
    *,
    guarded: bool = False,
) -> Maker:
    """A request about a new thing, whose path is made first; a guarded one names its entity tag."""

    def make(to: Sampler, operation: Operation) -> Sample:
        path, client = thing(to), to.client_for(operation.access)
        headers = {"If-Match": client.etag(path)} if guarded else {}
        sample = Sample(operation, client, path, headers)
        return _with_json(sample, body()) if body else sample

    return make


def _with_json(sample: Sample, body: Json) -> Sample:
    media_type = MERGE_PATCH if MERGE_PATCH in sample.operation.body_types else JSON
    return sample.but(headers={"Content-Type": media_type}, content=json.dumps(body).encode())


def _author(to: Sampler) -> str:
    return f"/authors/{to.shop.author()['id']}"


def _category(to: Sampler) -> str:
    return f"/categories/{to.shop.category()['id']}"


def _book(to: Sampler) -> str:
    return f"/books/{to.shop.book()['id']}"


def _logout(to: Sampler, operation: Operation) -> Sample:
    return Sample(operation, to.customer().client, operation.path)


def _password(to: Sampler, operation: Operation) -> Sample:
    body = {"current_password": people.PASSWORD, "new_password": "staple battery horse"}
    return _with_json(Sample(operation, to.customer().client, operation.path), body)


def _cover(to: Sampler) -> str:
    return to.shop.cover(to.shop.book())


def _ledger(to: Sampler) -> str:
    return f"{_book(to)}/stock-adjustments"


def _first_cover(to: Sampler, operation: Operation) -> Sample:
    headers = {"Content-Type": "image/png", "If-None-Match": "*"}
    return Sample(operation, to.shop.staff, f"{_book(to)}/cover", headers, pictures.png())


def _import(to: Sampler, operation: Operation) -> Sample:
    row = f"{formats.isbn()},A title,An author,eng,1937,1299,3"
    text = f"isbn,title,authors,language,published_year,price_amount,stock\r\n{row}\r\n"
    headers = {"Content-Type": "text/csv"}
    return Sample(operation, to.shop.staff, operation.path, headers, text.encode())


def _adjustment(to: Sampler, operation: Operation) -> Sample:
    sample = Sample(operation, to.shop.staff, _ledger(to), {"Idempotency-Key": formats.word()})
    return _with_json(sample, {"delta": 3, "reason": "received"})


def _login(to: Sampler) -> Json:
    return {"email": people.register(to.anyone)["email"], "password": people.PASSWORD}


def _registration(_: Sampler) -> Json:
    return {"email": formats.email(), "password": people.PASSWORD, "name": "Ada Lovelace"}


def _new_name() -> Json:
    return {"name": formats.word()}


_MAKERS: dict[str, Maker] = {
    "getLiveness": _at(),
    "getReadiness": _at(),
    "getContract": _at(),
    "listUsers": _at(),
    "registerUser": _post(_registration),
    "login": _post(_login),
    "refreshTokens": _post(lambda to: {"refresh_token": to.customer().refresh_token}),
    "logout": _logout,
    "getMe": _at(),
    "updateMe": _post(lambda _: _new_name()),
    "changePassword": _password,
    "getUser": _on(lambda to: to.account),
    "updateUser": _on(lambda to: to.account, lambda: {"disabled": False}, guarded=True),
    "listAuthors": _at(),
    "createAuthor": _post(lambda _: _new_name()),
    "getAuthor": _on(_author),
    "updateAuthor": _on(_author, _new_name, guarded=True),
    "deleteAuthor": _on(_author, guarded=True),
    "listCategories": _at(),
    "createCategory": _post(lambda _: _new_name()),
    "getCategory": _on(_category),
    "updateCategory": _on(_category, _new_name, guarded=True),
    "deleteCategory": _on(_category, guarded=True),
    "listBooks": _at(),
    "createBook": _post(lambda to: to.shop.book_members()),
    "importBooks": _import,
    "exportBooks": _at(),
    "getBook": _on(_book),
    "updateBook": _on(_book, lambda: {"title": formats.word()}, guarded=True),
    "deleteBook": _on(_book, guarded=True),
    "getCover": _on(_cover),
    "putCover": _first_cover,
    "deleteCover": _on(_cover, guarded=True),
    "listStockAdjustments": _on(_ledger),
    "adjustStock": _adjustment,
}
