"""A request that succeeds, who and what it is made from, and the usual ways to make one."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import httpx
import pytest

from harness import people, sales, webhooks
from harness.client import MERGE_PATCH, Client
from harness.contract import Json, Operation
from harness.people import Person
from harness.sales import Sales
from harness.shop import Shop

JSON = "application/json"
PARCEL = 10
"""Books in it."""


@dataclass(frozen=True)
class Sample:
    """A request that may be sent as it is, or with a change."""

    operation: Operation
    client: Client
    path: str
    headers: Mapping[str, str | None] = field(default_factory=dict)
    content: bytes | None = None
    query: str = ""
    secret: str | None = None
    """What an event is signed with, whatever its content is by then."""

    @property
    def url(self) -> str:
        """Its path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def send(self) -> httpx.Response:
        signed = webhooks.headers(self.content or b"", self.secret) if self.secret else {}
        headers = {**signed, **self.headers}
        return self.client.request(
            self.operation.method, self.url, headers=headers, content=self.content
        )

    def but(self, **changes: Any) -> "Sample":
        """The same request, changed."""
        if "headers" in changes:
            changes["headers"] = {**self.headers, **changes["headers"]}
        return replace(self, **changes)

    def with_json(self, body: Json) -> "Sample":
        """The same request with a JSON body, of the type that the operation would rather have."""
        media_type = MERGE_PATCH if MERGE_PATCH in self.operation.body_types else JSON
        return self.but(headers={"Content-Type": media_type}, content=json.dumps(body).encode())


@dataclass(frozen=True)
class Cast:
    """Who and what samples are made from."""

    shop: Shop
    admin: Client
    webhook_secret: str | None = None
    """What the shop's payment provider signs with, where that is known."""

    @property
    def anyone(self) -> Client:
        """Nobody in particular."""
        return self.admin.bearing(None)

    @cached_property
    def sales(self) -> Sales:
        """What is sold in this shop."""
        return Sales(self.shop)

    def customer(self) -> Person:
        """Somebody new, whose password may be spent."""
        return people.new_customer(self.anyone)

    def visit(self) -> Person:
        """The regular in a session that may be spent."""
        return people.join(self.anyone, self.regular.email, user_id=self.regular.id)

    @cached_property
    def somebody(self) -> defaultdict[str, Client]:
        """For each operation, by id, a customer whose cart or name its samples may spend."""
        return defaultdict(lambda: self.customer().client)

    @cached_property
    def regular(self) -> Person:
        """A customer who comes again and again, and leaves with an empty cart."""
        return self.customer()

    @cached_property
    def plenty(self) -> Json:
        """A book of which there are always copies left."""
        return self.sales.book(100_000)

    @cached_property
    def _received(self) -> list[Json]:
        """Books that the regular has received, and not reviewed yet."""
        return []

    def unreviewed(self) -> Json:
        """One of those, of which many come in one parcel."""
        if not self._received:
            self._received.extend(self.sales.books(PARCEL))
            lines = [(book, 1) for book in self._received]
            self.sales.delivered(self.regular.client, *lines)
        return self._received.pop()

    @cached_property
    def account(self) -> str:
        """The path of an account that only admins touch."""
        return f"/users/{people.register(self.anyone)['id']}"

    @property
    def secret(self) -> str:
        """The provider's secret; a test that needs it is skipped where nobody knows it."""
        if not self.webhook_secret:
            pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
        return self.webhook_secret

    def client_for(self, access: str) -> Client:
        """Somebody who may: of what customers own, the regular."""
        if access in {"customer", "owner", "owner-or-staff"}:
            return self.regular.client
        if access in {"public", "signature"}:
            return self.anyone
        return {"staff": self.shop.staff, "admin": self.admin}[access]


Maker = Callable[[Cast, Operation], Sample]


def at(path: str = "", query: str = "", **headers: str) -> Maker:
    """A request without body or parameters in its path."""

    def make(to: Cast, operation: Operation) -> Sample:
        client = to.client_for(operation.access)
        return Sample(operation, client, path or operation.path, headers, query=query)

    return make


def post(body: Callable[[Cast], Json]) -> Maker:
    """A JSON body to a path without parameters."""

    def make(to: Cast, operation: Operation) -> Sample:
        client = to.client_for(operation.access)
        return Sample(operation, client, operation.path).with_json(body(to))

    return make


def on(
    thing: Callable[[Cast], str],
    body: Callable[[], Json] | None = None,
    *,
    guarded: bool = False,
    once: bool = False,
) -> Maker:
    """A request about a new thing, whose path is made first.

    A guarded one names its entity tag, one that has a single effect an idempotency key.
    """

    def make(to: Cast, operation: Operation) -> Sample:
        path, client = thing(to), to.client_for(operation.access)
        headers = {"If-Match": client.etag(path)} if guarded else {}
        headers |= sales.once() if once else {}
        sample = Sample(operation, client, path, headers)
        return sample.with_json(body()) if body else sample

    return make
