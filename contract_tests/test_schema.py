"""Schemathesis: requests generated from the contract, right and wrong, alone and in sequence."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import negative_data_rejection

from harness import RESULTS, SUITE, options, people
from harness.client import Client, succeeded
from harness.contract import CONTRACT, operations
from harness.guard import GUARD, RECORD_FILE
from harness.people import Person
from harness.sales import Sales
from harness.schemathesis_hooks import SEEDS
from harness.shop import Shop, price
from harness.target import Target

EXAMPLES_AT_A_TIME = 6
CONFIG = SUITE / "schemathesis.toml"
LIMITED = ("login", "refreshTokens", "changePassword")
"""What a server that runs elsewhere may close after some failures: 429."""


EVENT = "receivePaymentEvent"
"""What nobody can sign whom a server elsewhere has not told its secret."""


def load() -> schemathesis.BaseSchema:
    """The contract as Schemathesis sees it."""
    config = tomllib.loads(CONFIG.read_text())
    config["generation"]["max-examples"] = options.chosen().examples
    config["seed"] = options.chosen().seed
    for operation in config["operations"]:
        limited = any(each in operation["include-operation-id"] for each in LIMITED)
        if limited and options.chosen().elsewhere:
            operation["checks"]["positive_data_acceptance"]["expected-statuses"].append("429")
    if options.chosen().unsigned:
        unsigned = {"positive_data_acceptance": {"expected-statuses": ["2xx", "401"]}}
        config["operations"].append({"include-operation-id": EVENT, "checks": unsigned})
    config["phases"] = {
        "examples": {"enabled": False},  # the command line sends them, in a third of the time
        "coverage": {"enabled": options.chosen().boundaries},
    }
    return schemathesis.openapi.from_path(CONTRACT, config=schemathesis.Config.from_dict(config))


schema = load()


@pytest.fixture(scope="module", autouse=True)
def seeds(shop: Shop, sales: Sales, anyone: Client, robot: Person, target: Target) -> Iterator[str]:
    """Things that generated requests can be about, named in the environment."""
    author, category = shop.author(), shop.category()
    book = shop.book(author_ids=[author["id"]], category_ids=[category["id"]])
    shop.stocked(book, 1_000_000)
    shop.cover(book)
    known = {
        "author_id": author["id"],
        "category_id": category["id"],
        "book_id": book["id"],
        "user_id": people.register(anyone)["id"],
        "file": "swagger-ui.css",
        "base_url": target.base_url,
        "token": robot.client.token,
        "webhook_secret": target.webhook_secret,
        **sold(sales, robot.client),
    }
    os.environ[SEEDS] = json.dumps(known)
    yield os.environ[SEEDS]
    del os.environ[SEEDS]


def sold(sales: Sales, buyer: Client) -> dict[str, str]:
    """What somebody bought: for each move an order that it can move."""
    reviewed, unread = sales.book(), sales.book()
    sales.delivered(buyer, (reviewed, 1), (unread, 1))
    paid = sales.order(buyer, (sales.book(price=price(1_000_000)), 1))
    return {
        "order_id": sales.order(buyer)["id"],
        "payment_id": sales.payment(buyer, paid)["id"],
        "review_id": succeeded(sales.review(buyer, reviewed), 201).json()["id"],
        "createReview.book_id": unread["id"],
        "cancelOrder.order_id": sales.order(buyer)["id"],
        "shipOrder.order_id": sales.paid(buyer)["id"],
        "deliverOrder.order_id": sales.shipped(buyer)["id"],
        "createRefund.order_id": paid["id"],
    }


@pytest.fixture(scope="module")
def robot(admin: Client) -> Person:
    """An admin whose own account generated requests may change."""
    return people.new_member(admin, "admin")


@pytest.fixture(scope="module")
def leaving(robot: Person, anyone: Client) -> Person:
    """The same in another session, opened before generated logins meet a server's limits."""
    return people.join(anyone, robot.email)


@pytest.fixture
def client(request: pytest.FixtureRequest, robot: Person, leaving: Person) -> Client:
    """The robot; where a request ends the session, in one that may end."""
    return (leaving if "/auth/logout" in request.node.name else robot).client


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that stay open."""
    with requests.Session() as session:
        session.trust_env = False  # no file of passwords is read for each request
        yield session


@pytest.fixture
def how(client: Client, session: requests.Session) -> dict[str, Any]:
    """Where generated requests go, and as whom."""
    headers = {"Authorization": f"Bearer {client.token}"}
    return {"base_url": client.base_url, "session": session, "headers": headers}


@pytest.mark.parametrize(
    "operation", [schema[each.path][each.method] for each in operations()], ids=attrgetter("label")
)
def test_generated_requests(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], how: dict[str, Any]
) -> None:
    """As with `schema.parametrize()`, which makes all requests while each process collects."""

    def send(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(**how)

    test = build_operation_test(
        config=schema.config,
        operation=operation,
        test_func=send,
        given_kwargs={},
        feedback=NO_FEEDBACK,
    )
    if failures := failures_of(test):
        pytest.fail(failures, pytrace=False)


def failures_of(test: Callable[[], None]) -> str:
    """What Schemathesis says; its exception pytest would show as a group of groups, in whole."""
    try:
        test()
    except FailureGroup as failures:
        return failures.message
    return ""


def machine(how: dict[str, Any]) -> type[APIStateMachine]:
    """What follows the contract's links, as an admin."""

    class Machine(schema.exclude(operation_id="logout").as_state_machine()):  # type: ignore[misc]  # the base class is made at run time
        """Sequences of requests, each made from the answers of earlier ones."""

        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, object]:
            """As every other request."""
            del case
            return how

        def validate_response(
            self,
            response: schemathesis.Response,
            case: schemathesis.Case[Any],
            additional_checks: Any = None,
            **kwargs: Any,
        ) -> None:
            """As ever, but a link may put a good id where a bad value was: that is no bad case."""
            del kwargs
            case.validate_response(
                response,
                additional_checks=additional_checks,
                excluded_checks=[negative_data_rejection],
            )

    assert issubclass(Machine, APIStateMachine)
    return Machine


def test_generated_sequences(how: dict[str, Any]) -> None:
    examples = min(options.chosen().stateful_examples, EXAMPLES_AT_A_TIME)
    bounds = settings(
        max_examples=examples,
        stateful_step_count=12,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    wanted = options.chosen().stateful_examples // examples
    for number in range(2 * wanted + 1):
        # A sequence that comes again finds the shop changed, and may lead elsewhere. Hypothesis
        # gives up then; what it has found it reports, and the next ones are other sequences.
        with suppress(FlakyStrategyDefinition):
            hypothesis.seed(options.chosen().seed + number)(machine(how)).run(settings=bounds)
            wanted -= 1
        if not wanted:
            return
    pytest.fail("most sequences came again and led elsewhere")


@pytest.mark.slow
def test_the_command_line_finds_nothing(
    client: Client, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    record = tmp_path / "record.ndjson"
    closed = [*LIMITED * options.chosen().elsewhere, *[EVENT] * options.chosen().unsigned]
    arguments = [
        f"--config-file={CONFIG}",
        "run",
        str(CONTRACT),
        f"--url={client.base_url}",
        f"--header=Authorization: Bearer {client.token}",
        "--exclude-operation-id=logout",  # would end the one session of this run
        *(f"--exclude-operation-id={each}" for each in closed),
        "--checks=all",
        f"--phases={options.chosen().cli_phases}",
        f"--max-examples={options.chosen().cli_examples}",
        f"--seed={options.chosen().seed}",
        "--generation-database=none",
        "--no-color",
    ]
    log = RESULTS / str(pytestconfig.option.impl or "server") / "schemathesis.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [Path(sys.executable).parent / "st", *arguments],
        env={
            **os.environ,
            RECORD_FILE: str(record),
            "SCHEMATHESIS_HOOKS": "harness.schemathesis_hooks",
            "PYTHONPATH": str(SUITE),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    log.write_text(done.stdout + done.stderr)
    GUARD.merge(record)
    told = re.sub(r"Bearer [\w.-]+", "Bearer …", done.stdout[-8000:] + done.stderr[-2000:])
    assert done.returncode == 0, told


def test_what_they_did_not_make_is_still_there(client: Client, seeds: str) -> None:
    """Who lets generated requests into a shop of their own keeps what is in it."""
    known = json.loads(seeds)
    book = f"/books/{known['book_id']}"
    things = [f"/{kind}s/{known[f'{kind}_id']}" for kind in ("author", "review", "user")]
    for path in (book, f"{book}/cover", f"/categories/{known['category_id']}", *things):
        succeeded(client.get(path), 200)
