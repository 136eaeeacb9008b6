"""That `harness.send` knows a good request of every operation, and says what it lacks."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from harness import SUITE, contract
from harness.contract import Json
from harness.target import Target

pytestmark = pytest.mark.slow  # each starts a Python of its own


def send(target: Target, *options: str) -> subprocess.CompletedProcess[str]:
    """What the command does."""
    admin = f"{target.admin_email}:{target.admin_password}"
    command = [sys.executable, "-m", "harness.send", "--base-url", target.base_url]
    return subprocess.run(
        [*command, "--admin", admin, *options],
        cwd=SUITE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def exchanges(target: Target) -> list[Json]:
    """One of every operation."""
    if not target.webhook_secret:
        pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
    done = send(target, "--op", "all", "--webhook-secret", target.webhook_secret)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_knows_a_good_request_of_every_operation(exchanges: list[Json]) -> None:
    statuses = {each["operation"]: each["answer"]["status"] for each in exchanges}
    assert set(statuses) == {operation.id for operation in contract.operations()}
    for operation in contract.operations():
        plain = {status for status in operation.responses if status < 300}
        assert statuses[operation.id] in plain, operation.id


def test_it_says_when_each_request_left_and_how_long_it_took(exchanges: list[Json]) -> None:
    sent = [each["sent_ns"] for each in exchanges]
    assert sent == sorted(sent)
    for one, other in pairwise(exchanges):
        assert 0 < one["seconds"] * 1e9 <= other["sent_ns"] - one["sent_ns"]


def test_it_takes_a_request_id_and_shows_a_line_for_the_shell(target: Target) -> None:
    done = send(target, "--op", "listBooks", "--request-id", "mine-1", "--curl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.lstrip().startswith(f"curl -i -X GET '{target.base_url}/books")
    assert "-H 'x-request-id: mine-1'" in done.stdout
    assert "→ 200 {" in done.stdout


def test_without_the_secret_it_says_what_it_needs(target: Target) -> None:
    done = send(target, "--op", "receivePaymentEvent")
    assert done.returncode == 1
    assert done.stderr.startswith("harness.send: needs the secret of the payment provider")
    assert not done.stdout


def test_it_names_what_is_no_operation(target: Target) -> None:
    done = send(target, "--op", "listBooks,buyTheShop")
    assert done.returncode == 2
    assert "no operation of the contract: buyTheShop" in done.stderr
