"""Each documented refusal of each operation, made from a request that would succeed."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

import pytest

from harness import contract, people
from harness.client import Client, refused, succeeded
from harness.contract import Operation
from harness.samples import Sample, Sampler

MIB = 1024 * 1024
LIMITS = {"importBooks": 64 * MIB, "putCover": 2 * MIB}
"""Largest bodies in bytes; all others are JSON and have 1 MiB."""

NO_CREDENTIALS = (None, "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c", "nonsense")
UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_IDS = (
    UNKNOWN_ID,
    "nonsense",
    "1",
    UNKNOWN_ID.replace("-", ""),
    UNKNOWN_ID.upper(),
    f"{{{UNKNOWN_ID}}}",
)


def documenting(
    status: int, where: Callable[[Operation], bool] = lambda _: True
) -> pytest.MarkDecorator:
    """A parameter for each operation that documents a status."""
    chosen = [operation for operation in contract.operations() if status in operation.responses]
    return pytest.mark.parametrize("operation", [each for each in chosen if where(each)], ids=str)


def refuses(
    good: Sample,
    changes: Iterable[Sample],
    status: int,
    problem: str,
    fields: Mapping[str, str] | None = None,
) -> None:
    """Each changed request is refused; then the good one succeeds: nothing was used up or done."""
    for bad in changes:
        refused(bad.send(), status, problem, fields)
    succeeded(good.send())


def required_members(operation: Operation) -> list[str]:
    """What a JSON body has to have."""
    if not operation.takes_json:
        return []
    content = operation.definition["requestBody"]["content"]
    return list(contract.resolve(content[operation.body_types[0]]["schema"]).get("required", []))


def takes_a_key(operation: Operation) -> bool:
    """Return whether an operation requires an `Idempotency-Key`."""
    return any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters)


TAKING_A_KEY = pytest.mark.parametrize(
    "operation", [each for each in contract.operations() if takes_a_key(each)], ids=str
)


TAKES_QUERY = attrgetter("takes_query")
TAKING_NO_QUERY = pytest.mark.parametrize(
    "operation", [each for each in contract.operations() if not each.takes_query], ids=str
)
ONLY_JSON = pytest.mark.parametrize(
    "operation", [each for each in contract.operations() if 406 not in each.responses], ids=str
)


def all_wrong(operation: Operation, client: Client) -> Sample:
    """A request with a fault of every kind."""
    path = re.sub(r"\{\w+\}", UNKNOWN_ID, operation.path)
    content = b"{" if operation.body_types else None
    return Sample(operation, client, path, {"Accept": "image/gif"}, content, "nonsense=1")


@pytest.mark.parametrize("operation", contract.operations(), ids=str)
def test_the_request_that_refusals_depart_from_succeeds(
    sample: Sampler, operation: Operation
) -> None:
    succeeded(sample(operation).send())


def takes_token(operation: Operation) -> bool:
    """Whether an access token says who asks."""
    return operation.access not in {"public", "signature"}


def needs_role(operation: Operation) -> bool:
    """Whether its 403 is about the caller alone, not about whose the thing is."""
    return operation.access in {"staff", "admin"}


@documenting(401, takes_token)
def test_401_without_a_good_token(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    anyone = good.but(client=sample.anyone)
    changes = [anyone.but(headers={"Authorization": value}) for value in NO_CREDENTIALS]
    refuses(good, changes, 401, "unauthenticated")


@documenting(401, takes_token)
def test_401_comes_before_everything_else(sample: Sampler, operation: Operation) -> None:
    bad = all_wrong(operation, sample.anyone)
    refused(bad.send(), 401, "unauthenticated")


@documenting(403)
def test_403_with_too_small_a_role(sample: Sampler, operation: Operation, reader: Client) -> None:
    good = sample(operation)
    refuses(good, [good.but(client=reader)], 403, "forbidden")


@documenting(403, lambda operation: operation.access == "admin")
def test_403_for_staff_where_an_admin_is_needed(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    refused(good.but(client=sample.shop.staff).send(), 403, "forbidden")


@documenting(403, needs_role)
def test_403_comes_before_everything_but_401(reader: Client, operation: Operation) -> None:
    bad = all_wrong(operation, reader)
    refused(bad.send(), 403, "forbidden")


@documenting(404, lambda operation: "_id}" in operation.path)
def test_404_for_an_id_that_names_nothing(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    changes = [good.but(path=ID.sub(unknown, good.path)) for unknown in NO_IDS]
    refuses(good, changes, 404, "not-found")


@documenting(404, lambda operation: "_id}" in operation.path)
def test_an_id_may_be_in_upper_case(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    succeeded(good.but(path=ID.sub(lambda found: found[0].upper(), good.path)).send())


@documenting(406)
def test_406_when_the_answer_would_not_be_accepted(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    other = "text/plain" if operation.id == "getDocumentation" else "text/html"
    accepts = ("image/gif", "application/json;q=0, image/gif", other)
    refuses(good, [good.but(headers={"Accept": value}) for value in accepts], 406, "not-acceptable")


@documenting(406)
def test_a_wildcard_is_acceptable(sample: Sampler, operation: Operation) -> None:
    main = operation.success_types[0].partition("/")[0]
    accept = f"image/gif, {main}/*;q=0.1"
    succeeded(sample(operation).but(headers={"Accept": accept}).send())


@pytest.mark.parametrize("parameters", ["; charset=utf-8", ";version=2;q=0.5"])
def test_parameters_of_a_media_range_do_not_count(anyone: Client, parameters: str) -> None:
    headers = {"Accept": f"image/gif, application/yaml{parameters}"}
    succeeded(anyone.get("/openapi.yaml", headers=headers), 200)


@ONLY_JSON
def test_an_operation_that_only_speaks_json_ignores_accept(
    sample: Sampler, operation: Operation
) -> None:
    good = sample(operation)
    succeeded(good.but(headers={"Accept": "image/gif, application/json;q=0"}).send())


@documenting(413)
def test_413_for_a_body_that_is_too_large(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    limit = LIMITS.get(operation.id, MIB)
    refuses(good, [good.but(content=b" " * (limit + 1))], 413, "content-too-large")


@documenting(415)
def test_415_for_another_media_type(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    media_types = (None, "text/plain", "application/xml", "nonsense")
    changes = [good.but(headers={"Content-Type": media_type}) for media_type in media_types]
    refuses(good, changes, 415, "unsupported-media-type")


@documenting(400, lambda operation: operation.takes_json)
def test_400_for_a_body_that_is_no_json(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    contents = (b"", b"{", b"nonsense", b'{"name": }', b"\xff\xfe{\x00}\x00")
    changes = [good.but(content=content) for content in contents]
    refuses(good, changes, 400, "malformed-request")


@documenting(422, TAKES_QUERY)
def test_422_for_an_unknown_query_parameter(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    expected = {"?nonsense": "unexpected"}
    bad = good.but(query="&".join(filter(None, [good.query, "nonsense=1"])))
    refuses(good, [bad], 422, "validation-failed", expected)


@TAKING_NO_QUERY
def test_an_operation_without_query_parameters_ignores_the_query(
    sample: Sampler, operation: Operation
) -> None:
    succeeded(sample(operation).but(query="nonsense=1&nonsense=%FF&limit=0").send())


@documenting(422, lambda operation: operation.takes_json)
def test_422_for_json_that_is_no_object(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    changes = [good.but(content=content) for content in (b"[]", b'"a"', b"1", b"null", b"true")]
    refuses(good, changes, 422, "validation-failed", {"": "type"})


@documenting(422, lambda operation: operation.takes_json and operation.access != "signature")
def test_422_for_an_unknown_member(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    body = {**json.loads(good.content or b""), "a/b~c": 1}
    bad = good.but(content=json.dumps(body).encode())
    refuses(good, [bad], 422, "validation-failed", {"/a~1b~0c": "unexpected"})


@documenting(422, lambda operation: bool(required_members(operation)))
def test_422_names_every_member_that_is_missing(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    missing = {f"/{name}": "required" for name in required_members(operation)}
    refuses(good, [good.but(content=b"{}")], 422, "validation-failed", missing)


@documenting(428)
def test_428_without_the_condition(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    bad = good.but(headers={"If-Match": None, "If-None-Match": None})
    refuses(good, [bad], 428, "precondition-required")


@documenting(412)
def test_412_for_a_condition_that_does_not_hold(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    tags = ('"stale"', 'W/"v1"', "v1", '"stale", "staler"', '"v1')
    conditions = [{"If-Match": tag, "If-None-Match": None} for tag in tags]
    changes = [good.but(headers=condition) for condition in conditions]
    refuses(good, changes, 412, "precondition-failed")


@documenting(304)
def test_304_for_what_the_caller_has(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    tag = succeeded(good.send()).headers["ETag"]
    for condition in (tag, "*", f'"other", {tag}', f"W/{tag}"):
        answer = good.but(headers={"If-None-Match": condition}).send()
        assert answer.status_code == 304, condition
        assert answer.headers["ETag"] == tag
    for condition in ('"other"', "other", tag.strip('"')):
        succeeded(good.but(headers={"If-None-Match": condition}).send(), 200)


@TAKING_A_KEY
def test_a_wrong_idempotency_key_is_named(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    missing = good.but(headers={"Idempotency-Key": None})
    refuses(good, [missing], 400, "idempotency-key-missing")
    long = good.but(headers={"Idempotency-Key": "k" * 256})
    problem = refused(long.send(), 422, "validation-failed")
    assert [error["name"] for error in problem["errors"]] == ["Idempotency-Key"]


@TAKING_A_KEY
def test_a_key_gets_its_answer_again_and_is_good_for_one_request(
    sample: Sampler, operation: Operation
) -> None:
    good = sample(operation)
    first, again = succeeded(good.send()), succeeded(good.send())
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.status_code == first.status_code
    assert again.content == first.content
    for name in ("Content-Type", "Location", "ETag"):
        assert again.headers.get(name) == first.headers.get(name), name
    other = good.but(content=(good.content or b"") + b" ")
    refused(other.send(), 422, "idempotency-key-reused")


OWNED = [operation for operation in contract.operations() if operation.access.startswith("owner")]


@pytest.mark.parametrize(
    "operation", [each for each in OWNED if 403 not in each.responses], ids=str
)
def test_somebody_else_s_is_a_404_never_a_403(
    sample: Sampler, operation: Operation, reader: Client
) -> None:
    good = sample(operation)
    strangers = [reader] if operation.access == "owner-or-staff" else [reader, sample.shop.staff]
    refuses(good, [good.but(client=stranger) for stranger in strangers], 404, "not-found")


@pytest.mark.parametrize(
    "operation", [each for each in OWNED if each.access == "owner-or-staff"], ids=str
)
def test_staff_may_what_owners_may(sample: Sampler, operation: Operation) -> None:
    for somebody in (sample.shop.staff, sample.admin):
        succeeded(sample(operation).but(client=somebody).send())


@documenting(401, lambda operation: operation.access == "signature")
def test_401_without_a_good_signature(sample: Sampler, operation: Operation) -> None:
    good = sample(operation)
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    changes = [good.but(headers={name: value}) for name in names for value in (None, "", "a")]
    refuses(good, changes, 401, "invalid-signature")


def test_a_wrong_password_is_a_401(anyone: Client) -> None:
    email = people.register(anyone)["email"]
    answer = anyone.post("/auth/login", {"email": email, "password": "something else"})
    refused(answer, 401, "invalid-credentials")
