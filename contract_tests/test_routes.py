"""What the framework would answer by itself: unknown paths, wrong methods, HEAD, OPTIONS."""

import re

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
    """A path with ids."""
    return re.sub(r"\{\w+\}", UNKNOWN_ID, path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nonsense",
        "/books/a/b/c",
        "/books//",
        "/Books",
        "/books/%2e%2e",
        "/b%C3%B6oks",
        "/%FF",
    ],
)
def test_an_unknown_path_is_a_404(anyone: Client, path: str) -> None:
    refused(anyone.get(path), 404, "not-found")


@EVERY_PATH
@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_trailing_slash_makes_another_path(admin: Client, path: str, method: str) -> None:
    answer = admin.request(method, concrete(path) + "/")
    assert answer.status_code == 404
    if method != "HEAD":
        refused(answer, 404, "not-found")


@EVERY_PATH
def test_a_wrong_method_is_a_405_that_names_the_right_ones(anyone: Client, path: str) -> None:
    allowed = contract.methods_by_path()[path]
    for method in sorted(METHODS - allowed):
        answer = anyone.request(method, concrete(path))
        assert answer.status_code == 405, method
        assert answer.headers["Allow"] == ", ".join(sorted(allowed))
        if method != "HEAD":
            refused(answer, 405, "method-not-allowed")


@EVERY_PATH
@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
def test_a_method_of_no_operation_is_a_405(anyone: Client, path: str, method: str) -> None:
    answer = anyone.request(method, concrete(path))
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == ", ".join(sorted(contract.methods_by_path()[path]))


@EVERY_PATH
def test_options_names_the_methods(anyone: Client, path: str) -> None:
    answer = anyone.request("OPTIONS", concrete(path))
    assert answer.status_code in {200, 204}
    assert answer.headers["Allow"] == ", ".join(sorted(contract.methods_by_path()[path]))


@EVERY_READ
def test_head_answers_as_get_does(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    seen = succeeded(good.send())
    head = good.client.request("HEAD", good.url, headers=good.headers)
    assert head.status_code == seen.status_code
    for name in ("Content-Type", "ETag", "Cache-Control", "Link"):
        assert head.headers.get(name) == seen.headers.get(name), name
    length = head.headers.get("Content-Length")
    assert length in {None, seen.headers.get("Content-Length")}


@EVERY_QUERY
def test_head_refuses_as_get_does(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    answer = good.client.request("HEAD", f"{good.path}?nonsense=1", headers=good.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("request_id", ["a", "Z9._-", "x" * 128])
@pytest.mark.parametrize("path", ["/books", "/nonsense"])
def test_a_sane_request_id_is_kept(anyone: Client, path: str, request_id: str) -> None:
    answer = anyone.get(path, headers={"X-Request-Id": request_id})
    assert answer.headers["X-Request-Id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", 'a"b', "a/b"])
def test_another_request_id_is_replaced(anyone: Client, request_id: str) -> None:
    answer = anyone.get("/books", headers={"X-Request-Id": request_id})
    assert answer.headers["X-Request-Id"] != request_id


def test_two_requests_have_two_ids(anyone: Client) -> None:
    ids = {anyone.get("/health/live").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3


def test_the_contract_is_served_as_it_is(anyone: Client) -> None:
    served = succeeded(anyone.get("/openapi.yaml"))
    assert served.content == contract.CONTRACT.read_bytes()
