"""Sends a valid request of any operation, and prints the request and its response.

It first creates the resources that the request needs.

    python -m harness.send --base-url URL --admin EMAIL:PASSWORD --op placeOrder --curl

Without `--curl`, it prints each exchange as a line of JSON:

    {"operation": "placeOrder",
     "request": {"method": …, "url": …, "headers": {…}, "body": …},
     "answer": {"status": …, "headers": {…}, "body": …},
     "sent_ns": nanoseconds since 1970, "seconds": until the response arrived}

A body is the parsed JSON, or text, or null if it is empty or binary.
"""

import argparse
import json
import sys
from collections.abc import Iterator

import httpx
import pytest

from harness import answers, contract, people
from harness.client import Client, departure
from harness.contract import Json, Operation
from harness.samples import Sampler
from harness.shop import Shop

REQUEST_ID = "X-Request-Id"


def main() -> int:
    """Return the exit status: 0 if every request succeeded, otherwise 1 with a line on stderr."""
    choice = arguments()
    try:
        for operation, answer in exchanges(choice):
            print(answers.curl(answer) if choice.curl else json.dumps(told(operation, answer)))  # noqa: T201 -- the command prints its result
            sys.stdout.flush()
            if not answer.is_success:
                return 1
    except pytest.skip.Exception as reason:  # a test would be skipped for this reason
        return fail(str(reason))
    except (AssertionError, httpx.HTTPError) as error:
        return fail(str(error))
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="harness.send",
        description="Sends a valid request of an operation, and prints it and its response.",
    )
    parser.add_argument("--base-url", required=True, metavar="URL", help="a running server")
    parser.add_argument("--admin", required=True, metavar="EMAIL:PASSWORD", help="an admin account")
    parser.add_argument("--webhook-secret", metavar="SECRET", help="the secret of its events")
    parser.add_argument("--op", required=True, metavar="ID,ID|all", help="operationIds, or all")
    parser.add_argument("--times", type=int, default=1, help="requests of each operation")
    parser.add_argument("--request-id", metavar="ID", help=f"the {REQUEST_ID} of the requests")
    parser.add_argument("--curl", action="store_true", help="print a curl command instead of JSON")
    choice = parser.parse_args()
    known = {operation.id for operation in contract.operations()}
    choice.op = sorted(known) if choice.op == "all" else choice.op.split(",")
    if unknown := [name for name in choice.op if name not in known]:
        parser.error(f"no operation of the contract: {', '.join(unknown)}")
    return choice


def exchanges(choice: argparse.Namespace) -> Iterator[tuple[Operation, httpx.Response]]:
    """Send the requests one after the other, and yield each operation and its response."""
    anyone = Client(choice.base_url.rstrip("/"))
    try:
        email, _, password = choice.admin.partition(":")
        admin = people.join(anyone, email, password).client
        sample = Sampler(Shop(admin), admin, choice.webhook_secret)
        headers = {REQUEST_ID: choice.request_id} if choice.request_id else {}
        for operation in map(contract.named, choice.op):
            for _ in range(choice.times):
                yield operation, sample(operation).but(headers=headers).send()
    finally:
        anyone.close()


def told(operation: Operation, answer: httpx.Response) -> Json:
    """Return an exchange as a JSON object."""
    request = answer.request
    return {
        "operation": operation.id,
        "request": {
            "method": request.method,
            "url": str(request.url),
            "headers": dict(request.headers),
            "body": body(request.content, request.headers),
        },
        "answer": {
            "status": answer.status_code,
            "headers": dict(answer.headers),
            "body": body(answer.content, answer.headers),
        },
        "sent_ns": departure(answer),
        "seconds": answer.elapsed.total_seconds(),
    }


def body(content: bytes, headers: httpx.Headers) -> Json:
    """Return a body as parsed JSON, as text, or as None."""
    if not content:
        return None
    if contract.is_json(headers.get("Content-Type", "").partition(";")[0]):
        return json.loads(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def fail(reason: str) -> int:
    """Print the error on stderr and return the exit status."""
    sys.stderr.write(f"harness.send: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
