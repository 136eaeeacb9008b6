"""The commands `expire-orders` and `reconcile-payments` of a branch, and what they have to do."""

import re
from datetime import UTC, datetime, timedelta

from harness import rows
from harness.branch import Branch
from harness.client import succeeded
from harness.contract import Json
from harness.sales import VISA

PAST = timedelta(seconds=5)
Settled = tuple[dict[str, int], dict[str, int]]
"""How many payments, and how many refunds, a reconciliation left in which status."""

NOTHING: Settled = (
    {"captured": 0, "failed": 0, "pending": 0},
    {"succeeded": 0, "failed": 0, "pending": 0},
)


def expire(branch: Branch) -> int:
    """How many orders `expire-orders` expired."""
    told = branch.server.run("expire-orders")
    found = re.fullmatch(r"expired=(\d+)\n", told)
    assert found, told
    return int(found[1])


def reconcile(branch: Branch, older_than: int | None = 0) -> Settled:
    """What `reconcile-payments` settled; None: without `--older-than`."""
    option = () if older_than is None else ("--older-than", str(older_than))
    told = branch.server.run("reconcile-payments", *option)
    assert re.fullmatch(
        r"payments: captured=\d+ failed=\d+ pending=\d+\n"
        r"refunds: succeeded=\d+ failed=\d+ pending=\d+\n",
        told,
    ), told
    payments, refunds = (
        {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}
        for line in told.splitlines()
    )
    return payments, refunds


def overdue(branch: Branch, order: Json) -> Json:
    """Let an order's time be up; gives the order."""
    url = branch.server.database_url
    rows.set_moment(url, "orders", "expires_at", order, datetime.now(UTC) - PAST)
    return order


def pending(branch: Branch, order: Json, kind: str, method: str = VISA) -> Json:
    """A payment whose outcome the shop does not know, because of a fault of this kind."""
    with branch.sandbox.mute(), branch.sandbox.misbehaving("createPayment", kind):
        return succeeded(branch.sales.pay(branch.buyer, order, method), 202).json()


def pending_refund(branch: Branch, order: Json, amount: int, kind: str) -> Json:
    """A refund whose outcome the shop does not know, because of a fault of this kind."""
    with branch.sandbox.mute(), branch.sandbox.misbehaving("createRefund", kind):
        return succeeded(branch.sales.refund(order, amount), 202).json()


def payment_now(branch: Branch, payment: Json) -> Json:
    """A payment as it is now."""
    return succeeded(branch.admin.get(f"/payments/{payment['id']}")).json()
