"""Which documented answers a target cannot be brought to show, each with the reason."""

from argparse import Namespace

from harness import contract
from harness.guard import Guard

CUT_OFF = "SQLite reads go on whatever happens to the writer: only PostgreSQL can be taken away"
SILENT = "without its sandbox nobody can keep the payment provider's answer from the shop"
UNSIGNED = "without the webhook secret no event is signed"
GIVEN = "a server that runs elsewhere cannot be brought to this from outside"


def excuse(guard: Guard, options: Namespace) -> None:
    """Name what the target of these options cannot show."""
    every = contract.operations()
    elsewhere = bool(options.base_url)
    if elsewhere:
        guard.excuse(503, every, GIVEN)
        guard.excuse(429, every, GIVEN)
        guard.excuse(409, [contract.named("updateUser")], GIVEN)
    elif options.db == "sqlite":
        guard.excuse(503, [operation for operation in every if not operation.is_write], CUT_OFF)
    if elsewhere and not options.sandbox:
        guard.excuse(202, every, SILENT)
    if elsewhere and not options.webhook_secret:
        event = contract.named("receivePaymentEvent")
        for status in event.responses:
            guard.excuse(status, [event], UNSIGNED)
