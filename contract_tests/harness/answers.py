"""Checks of every response against the contract: status, headers, media type and schema."""

import json
import re
from typing import Any

import httpx

from harness import options, problems, schemas
from harness.contract import (
    PROBLEM_TYPE,
    Json,
    Operation,
    is_json,
    matching,
    resolve,
    slug,
)

REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,128}")
HEALTH = {"getLiveness", "getReadiness"}


def check(answer: httpx.Response) -> None:
    """Check a response against the contract. Raises AssertionError with the request as curl."""
    request = answer.request
    operation = matching(request.method, request.url.path)
    faults = [*_faults_of_any(answer), *_faults_of(operation, answer)]
    told = "\n".join(f"  - {fault}" for fault in faults)
    assert not faults, (
        f"{operation or request.url.path}: {answer.status_code}\n{told}\n{curl(answer)}"
    )


def curl(answer: httpx.Response) -> str:
    """Format a request as a curl command, followed by its response."""
    request = answer.request
    kept = {"authorization", "content-type", "accept", "if-match", "if-none-match"}
    kept |= {"idempotency-key", "x-request-id"}
    kept |= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    words = [f"curl -i -X {request.method} '{request.url}'"]
    words += [f"-H '{name}: {value}'" for name, value in request.headers.items() if name in kept]
    if body := request.content:
        words.append(f"--data-binary {_shown(body)!r}")
    return f"  {' '.join(words)}\n  → {answer.status_code} {_shown(answer.content)}"


def _shown(body: bytes) -> str:
    return body[:600].decode(errors="backslashreplace")


def _faults_of_any(answer: httpx.Response) -> list[str]:
    """Return violations of the rules that hold for every response."""
    headers, faults = answer.headers, []
    if answer.status_code >= 500 and answer.status_code != 503:
        faults.append("a server error")
    if not REQUEST_ID.fullmatch(headers.get("X-Request-Id", "")):
        faults.append(f"X-Request-Id: {headers.get('X-Request-Id')}")
    if headers.get("X-Content-Type-Options") != "nosniff" and answer.status_code != 304:
        faults.append("X-Content-Type-Options is not nosniff")
    if answer.status_code in {204, 304}:
        if "Content-Type" in headers or answer.content:
            faults.append("a Content-Type or content in a response without content")
    elif answer.request.method == "HEAD":
        if answer.content:
            faults.append("content in a response to HEAD")
    elif answer.status_code >= 400:
        faults += _faults_of_problem(answer)
    return faults


def _faults_of_problem(answer: httpx.Response) -> list[str]:
    if answer.headers.get("Content-Type") != PROBLEM_TYPE:
        return [f"Content-Type of a problem: {answer.headers.get('Content-Type')}"]
    faults = []
    problem = answer.json()
    faults += schemas.errors({"$ref": "#/components/schemas/Problem"}, problem)
    if answer.headers.get("Cache-Control") != "no-store":
        faults.append("Cache-Control of a problem is not no-store")
    if problem.get("status") != answer.status_code:
        faults.append(f"the problem's status: {problem.get('status')}")
    if problem.get("request_id") != answer.headers.get("X-Request-Id"):
        faults.append(f"the problem's request_id: {problem.get('request_id')}")
    path = answer.request.url.raw_path.partition(b"?")[0].decode()
    if problem.get("instance") not in {path, answer.request.url.path}:
        faults.append(f"the problem's instance: {problem.get('instance')}")
    scheme = "Signature" if slug(problem.get("type", "")) == "invalid-signature" else "Bearer"
    challenge = answer.headers.get("WWW-Authenticate", "")
    if answer.status_code == 401 and not challenge.startswith(scheme):
        faults.append(f"WWW-Authenticate: {challenge}, not {scheme}")
    # A server that runs elsewhere may have details of its own, but RFC 9457 gives a type one title.
    return faults + problems.faults(problem, with_details=not options.chosen().elsewhere)


def _faults_of(operation: Operation | None, answer: httpx.Response) -> list[str]:
    """Return violations in an operation's response: status, headers, media type and schema."""
    if operation is None:
        return []
    if answer.status_code not in operation.responses:
        return [f"{operation.id} does not document {answer.status_code}"]
    documented = operation.responses[answer.status_code]
    faults = _faults_of_headers(documented, answer)
    if answer.status_code < 400 and answer.headers.get("Cache-Control") != _caching(operation):
        found = answer.headers.get("Cache-Control")
        faults.append(f"Cache-Control: {found}, not {_caching(operation)}")
    if answer.request.method != "HEAD" and answer.status_code not in {204, 304}:
        faults += _faults_of_content(operation, documented, answer)
    return faults


def _caching(operation: Operation) -> str:
    """Return the required Cache-Control: `no-cache` for public reads, otherwise `no-store`."""
    seen_by_all = operation.access == "public" and not operation.is_write
    return "no-cache" if seen_by_all and operation.id not in HEALTH else "no-store"


def _faults_of_headers(documented: Json, answer: httpx.Response) -> list[str]:
    faults = []
    for name, node in documented.get("headers", {}).items():
        header = resolve(node)
        if name not in answer.headers:
            if header.get("required"):
                faults.append(f"no header {name}")
            continue
        value: Any = answer.headers[name]
        if resolve(header["schema"])["type"] == "integer" and value.isdecimal():
            value = int(value)
        faults += [f"{name}: {error}" for error in schemas.errors(header["schema"], value)]
    return faults


def _faults_of_content(operation: Operation, documented: Json, answer: httpx.Response) -> list[str]:
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    content = documented.get("content", {})
    if media_type not in content:
        return [f"Content-Type: {media_type}, not one of {', '.join(content)}"]
    if not is_json(media_type):
        return []
    value = json.loads(answer.content)
    faults = schemas.errors(content[media_type]["schema"], value)
    problems = operation.problems(answer.status_code)
    if problems and slug(value["type"]) not in problems:
        faults.append(f"problem {slug(value['type'])}, not one of {', '.join(sorted(problems))}")
    return faults
