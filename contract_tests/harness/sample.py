"""Sample requests that succeed: the class, the data they need, and functions that build them."""

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
"""How many books one order delivers."""


@dataclass(frozen=True)
class Sample:
    """A request that succeeds, and that can be sent with a change."""

    operation: Operation
    client: Client
    path: str
    headers: Mapping[str, str | None] = field(default_factory=dict)
    content: bytes | None = None
    query: str = ""
    secret: str | None = None
    """The secret that signs an event when it is sent, after any change of its content."""

    @property
    def url(self) -> str:
        """The path and query of the request."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def send(self) -> httpx.Response:
        """Send the request and return the response."""
        signed = webhooks.headers(self.content or b"", self.secret) if self.secret else {}
        headers = {**signed, **self.headers}
        return self.client.request(
            self.operation.method, self.url, headers=headers, content=self.content
        )

    def but(self, **changes: Any) -> "Sample":  # a field each
        """Return a copy with changed fields; `headers` are merged."""
        if "headers" in changes:
            changes["headers"] = {**self.headers, **changes["headers"]}
        return replace(self, **changes)

    def with_json(self, body: Json) -> "Sample":
        """Return a copy with a JSON body, in the operation's preferred media type."""
        media_type = MERGE_PATCH if MERGE_PATCH in self.operation.body_types else JSON
        return self.but(headers={"Content-Type": media_type}, content=json.dumps(body).encode())


@dataclass(frozen=True)
class Cast:
    """The accounts, books and clients that samples use."""

    shop: Shop
    admin: Client
    webhook_secret: str | None = None
    """The secret of the payment provider's events, if it is known."""

    @property
    def anyone(self) -> Client:
        """A client without an access token."""
        return self.admin.bearing(None)

    @cached_property
    def sales(self) -> Sales:
        """Sales in this shop."""
        return Sales(self.shop)

    def customer(self) -> Person:
        """Register a customer that a sample may change."""
        return people.new_customer(self.anyone)

    def visit(self) -> Person:
        """Log in as the regular customer, in a session that a sample may end."""
        return people.join(self.anyone, self.regular.email, user_id=self.regular.id)

    @cached_property
    def somebody(self) -> defaultdict[str, Client]:
        """For each operation, a customer whose cart or name its samples may change."""
        return defaultdict(lambda: self.customer().client)

    @cached_property
    def regular(self) -> Person:
        """A customer that samples share; they leave its cart empty."""
        return self.customer()

    @cached_property
    def plenty(self) -> Json:
        """A book that does not run out of stock."""
        return self.sales.book(100_000)

    @cached_property
    def _received(self) -> list[Json]:
        """Books that the regular customer received and has not reviewed yet."""
        return []

    def unreviewed(self) -> Json:
        """Return a received book without a review; one order delivers several of them."""
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
        """The secret of the provider's events. Skips the test if it is not known."""
        if not self.webhook_secret:
            pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
        return self.webhook_secret

    def client_for(self, access: str) -> Client:
        """Return a client with this access; for customers that is the regular customer."""
        if access in {"customer", "owner", "owner-or-staff"}:
            return self.regular.client
        if access in {"public", "signature"}:
            return self.anyone
        return {"staff": self.shop.staff, "admin": self.admin}[access]


Maker = Callable[[Cast, Operation], Sample]


def at(path: str = "", query: str = "", **headers: str) -> Maker:
    """Build a request without a body and without parameters in its path."""

    def make(to: Cast, operation: Operation) -> Sample:
        client = to.client_for(operation.access)
        return Sample(operation, client, path or operation.path, headers, query=query)

    return make


def post(body: Callable[[Cast], Json]) -> Maker:
    """Build a request with a JSON body, to a path without parameters."""

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
    """Build a request about a new resource, whose path `thing` creates.

    `guarded` adds `If-Match` with its entity tag, `once` adds an `Idempotency-Key`.
    """

    def make(to: Cast, operation: Operation) -> Sample:
        path, client = thing(to), to.client_for(operation.access)
        headers = {"If-Match": client.etag(path)} if guarded else {}
        headers |= sales.once() if once else {}
        sample = Sample(operation, client, path, headers)
        return sample.with_json(body()) if body else sample

    return make
