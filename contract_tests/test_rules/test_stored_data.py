"""What no answer shows, read where storage.md says that it is stored."""

import hashlib
import re
from typing import Any
from uuid import UUID

from harness import formats, people, rows, webhooks
from harness.branch import Branch
from harness.client import succeeded
from harness.contract import Json
from harness.events import PATH, Events
from harness.people import PASSWORD
from harness.sample import JSON

ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", re.ASCII
)
"""Parameters, a salt of 16 bytes and a hash of 32."""


def stored(branch: Branch, table: str, **members: Json) -> list[dict[str, Any]]:
    """The rows of a table that have these members; ids are told apart as UUIDs."""

    def is_one(row: dict[str, Any]) -> bool:
        return all(same(row[name], value) for name, value in members.items())

    return [
        row for row in rows.everything(branch.server.database_url)[table].values() if is_one(row)
    ]


def same(cell: Json, value: Json) -> bool:
    """Whether a cell has this value; SQLite's UUIDs have no dashes."""
    return bool(UUID(str(cell)) == value if isinstance(value, UUID) and cell else cell == value)


def test_a_password_is_stored_as_a_slow_hash_with_a_salt(branch: Branch) -> None:
    emails = [people.register(branch.anyone)["email"] for _ in range(2)]
    hashes = [stored(branch, "users", email=email)[0]["password_hash"] for email in emails]
    assert all(ARGON2ID.fullmatch(each) for each in hashes), hashes
    assert len(set(hashes)) == 2


def test_a_refresh_token_is_stored_as_its_hash(branch: Branch) -> None:
    customer = branch.customer()
    (session,) = stored(branch, "sessions", user_id=UUID(customer.id))
    token = customer.refresh_token
    assert session["refresh_hash"] == hashlib.sha256(token.encode()).hexdigest()


def test_no_password_and_no_token_is_stored(branch: Branch) -> None:
    customer = branch.customer()
    branch.sales.order(customer.client)
    text = str(rows.everything(branch.server.database_url))
    assert customer.email in text
    for secret in (PASSWORD, customer.client.token, customer.refresh_token):
        assert str(secret) not in text


def test_an_event_is_kept_as_it_came(branch: Branch) -> None:
    about: Json = {"id": "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11", "amount": {"amount": 1}}
    content = Events.event("payment.captured", about) + b" \n"
    event_id = f"msg_{formats.word()}"
    signed = webhooks.headers(content, webhooks.SECRETS[0], event_id=event_id)
    headers = {"Content-Type": JSON, **signed}
    for _ in range(2):
        succeeded(branch.anyone.post(PATH, content=content, headers=headers), 204)
    (event,) = stored(branch, "payment_events", webhook_id=event_id)
    assert (event["type"], event["body"]) == ("payment.captured", content.decode())


def test_a_refund_names_who_gave_it_and_why(branch: Branch) -> None:
    order = branch.sales.paid(branch.buyer)
    reason = f"Damaged: {formats.word()}"
    refund = succeeded(branch.sales.refund(order, 1, reason=reason), 201).json()
    (row,) = stored(branch, "refunds", reason=reason)
    admin = succeeded(branch.admin.get("/users/me")).json()["id"]
    assert same(row["id"], UUID(refund["id"]))
    assert same(row["user_id"], UUID(admin))
    assert row["provider_id"] == branch.sandbox.refund(refund["id"])["id"]
