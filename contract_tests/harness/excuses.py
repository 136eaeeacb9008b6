"""Documented responses that the suite cannot provoke on a target, each with the reason."""

from argparse import Namespace

from harness import contract
from harness.guard import Guard

CUT_OFF = "SQLite cannot be made unavailable for reads; only PostgreSQL can"
SILENT = "without --sandbox the suite cannot delay the payment provider's response"
UNSIGNED = "without --webhook-secret the suite cannot sign events"
GIVEN = "the suite cannot provoke this on a server that it did not start"


def excuse(guard: Guard, options: Namespace) -> None:
    """Record which responses the target of these options cannot show."""
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
