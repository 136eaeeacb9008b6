"""Requests that frameworks answer by themselves: unknown paths, wrong methods, HEAD, OPTIONS."""

import re

import httpx
import pytest

from harness import contract
from harness.client import Client, refused, succeeded
from harness.contract import Operation
from harness.samples import Sampler

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
EVERY_PATH = pytest.mark.parametrize("path", list(contract.methods_by_path()))
EVERY_READ = pytest.mark.parametrize(
    "operation",
    [operation for operation in contract.operations() if not operation.is_write],
    ids=str,
)


EVERY_QUERY = pytest.mark.parametrize(
    "operation",
    [each for each in contract.operations() if each.takes_query and not each.is_write],
    ids=str,
)


def concrete(path: str) -> str:
    """Return a path of the contract with an id that is unknown."""
    return re.sub(r"\{\w+\}", UNKNOWN_ID, path)


def allowed(answer: httpx.Response) -> set[str]:
    """Return the methods that `Allow` names."""
    return set(re.split(", *", answer.headers["Allow"]))


@pytest.mark.parametrize("path", ["/nonsense", "/books/a/b/c", "/Books", "/b%C3%B6oks"])
def test_unknown_path_is_a_404(anyone: Client, path: str) -> None:
    refused(anyone.get(path), 404, "not-found")


@EVERY_PATH
def test_path_with_a_trailing_slash_is_a_404(admin: Client, path: str) -> None:
    for method in sorted(METHODS):
        answer = admin.request(method, concrete(path) + "/")
        assert answer.status_code == 404, method
        if method != "HEAD":
            refused(answer, 404, "not-found")


@EVERY_PATH
def test_method_of_no_operation_is_a_405(admin: Client, path: str) -> None:
    methods = contract.methods_by_path()[path]
    for method in sorted({*METHODS, "TRACE", "PROPFIND"} - methods):
        answer = admin.request(method, concrete(path))
        assert answer.status_code == 405, method
        assert allowed(answer) == methods
        if method != "HEAD":
            refused(answer, 405, "method-not-allowed")


@EVERY_PATH
def test_options_names_the_methods(anyone: Client, path: str) -> None:
    answer = anyone.request("OPTIONS", concrete(path))
    assert answer.status_code in {200, 204}
    assert allowed(answer) == contract.methods_by_path()[path]


@EVERY_READ
def test_head_responds_as_get(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    seen = succeeded(good.send())
    head = good.client.request("HEAD", good.url, headers=good.headers)
    assert head.status_code == seen.status_code
    for name in ("Content-Type", "ETag", "Cache-Control", "Link"):
        assert head.headers.get(name) == seen.headers.get(name), name
    length = head.headers.get("Content-Length")
    assert length in {None, seen.headers.get("Content-Length")}


@EVERY_QUERY
def test_head_is_refused_as_get(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    answer = good.client.request("HEAD", f"{good.path}?nonsense=1", headers=good.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("request_id", ["a", "Z9._-", "x" * 128])
@pytest.mark.parametrize("path", ["/books", "/nonsense"])
def test_valid_request_id_is_kept(anyone: Client, path: str, request_id: str) -> None:
    answer = anyone.get(path, headers={"X-Request-Id": request_id})
    assert answer.headers["X-Request-Id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", 'a"b', "a/b"])
def test_invalid_request_id_is_replaced(anyone: Client, request_id: str) -> None:
    answer = anyone.get("/books", headers={"X-Request-Id": request_id})
    assert answer.headers["X-Request-Id"] != request_id


def test_each_request_gets_another_id(anyone: Client) -> None:
    ids = {anyone.get("/health/live").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3


def test_contract_is_served_byte_for_byte(anyone: Client) -> None:
    served = succeeded(anyone.get("/openapi.yaml"))
    assert served.content == contract.CONTRACT.read_bytes()
