"""The middleware that applies faults, between the check of the API key and the handler."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic_core import from_json

from sandbox import ledger
from sandbox.database import now
from sandbox.faults import Fault
from sandbox.problems import NotFound, Problem, problem
from sandbox.schemas import Json
from sandbox.state import DATABASE, FAULTS

OPERATIONS = {
    "createPayment": "createPayment",
    "findPayment": "findPayment",
    "getPayment": "findPayment",
    "createRefund": "createRefund",
    "findRefund": "findRefund",
}
"""The operations that can fail, and the value of a fault's `on` for each."""

OVERSIZE = 10 * 1024 * 1024
ELSEWHERE = "/elsewhere/"

KEPT = ("Idempotent-Replayed",)
"""Headers that a corrupted response keeps."""

DROPPED = 499
"""The status in the log of a response that was not sent."""


@web.middleware
async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Call the handler, or apply the next fault to its response."""
    operation = OPERATIONS.get(request.match_info.route.name or "")
    if operation is None:
        return await handler(request)
    fault = request.app[FAULTS].take(operation, await references(request))
    if fault is None:
        return await handler(request)
    await fault.wait()
    return await apply(fault, request, handler)


async def apply(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Apply a fault: the first kinds skip the handler, the others corrupt its response."""
    match fault.wanted.kind:
        case "drop_before":
            return drop(request)
        case "status":
            return refuse(fault.wanted.status or HTTPStatus.INTERNAL_SERVER_ERROR)
        case "redirect":
            return await redirect(request)
    answer, content = await run(request, handler)
    if fault.wanted.kind == "drop_after":
        return drop(request)
    return web.Response(
        status=answer.status,
        body=corrupted(fault.wanted.kind, content),
        content_type=answer.content_type,
        headers={name: answer.headers[name] for name in KEPT if name in answer.headers},
    )


def drop(request: web.Request) -> web.Response:
    """Close the connection without sending a byte of a response."""
    if request.transport:
        request.transport.abort()
    return web.Response(status=DROPPED)


def refuse(status: int) -> web.Response:
    """Return an error response, with `Retry-After` where the status calls for it."""
    later = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    headers = {"Retry-After": "1"} if status in later else {}
    return problem(status, "fault", "A fault was requested for this call.", headers)


async def redirect(request: web.Request) -> web.Response:
    """Redirect to an address that reports a success that did not happen."""
    body = await json_body(request)
    false_report: Json = {"items": []}
    if request.method == "POST":
        false_report = {
            "id": "elsewhere",
            "payment_id": request.match_info.get("payment_id"),
            "currency": "EUR",
            **body,
            "status": "succeeded" if "payment_id" in request.match_info else "captured",
            "captured": body.get("amount"),
            "refunded": 0,
            "failure_code": None,
            "created_at": now(),
        }
    packed = urlsafe_b64encode(json.dumps(false_report).encode()).decode()
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": ELSEWHERE + packed})


async def elsewhere(request: web.Request) -> web.Response:
    """Return the false report that `redirect` put into the URL."""
    false_report = urlsafe_b64decode(request.match_info["false_report"])
    return web.Response(
        status=HTTPStatus.CREATED, body=false_report, content_type="application/json"
    )


async def run(request: web.Request, handler: Handler) -> tuple[web.Response, bytes]:
    """Run the handler. Returns its response, also if that is a problem, and the content."""
    try:
        answer = await handler(request)
    except Problem as refusal:
        answer = refusal.answer()
    if not (isinstance(answer, web.Response) and isinstance(answer.body, bytes)):
        raise TypeError("Only a complete response can be corrupted.")
    return answer, answer.body


def corrupted(kind: str, content: bytes) -> bytes:
    """Return the content that the client receives instead."""
    match kind:
        case "malformed":
            return content[: len(content) // 2]
        case "oversized":
            return b'{"padding": "' + b"x" * OVERSIZE + b'", ' + content[1:]
        case "wrong_amount" | "wrong_currency":
            return json.dumps(with_wrong_money(kind, json.loads(content))).encode()
    return content


def with_wrong_money(kind: str, content: Json) -> Json:
    """Replace the amount, or the currency, of each object in the content."""
    if "items" in content:
        return {"items": [with_wrong_money(kind, item) for item in content["items"]]}
    if "amount" not in content:
        return content
    if kind == "wrong_amount":
        return {**content, "amount": content["amount"] + 1}
    return {**content, "currency": "USD" if content["currency"] != "USD" else "EUR"}


async def references(request: web.Request) -> set[str]:
    """Return the references of the payment and the refund that the call names."""
    database = request.app[DATABASE]
    named = [request.query.get("reference"), (await json_body(request)).get("reference")]
    found = {name for name in named if isinstance(name, str)}
    with suppress(NotFound):
        payment_id = request.match_info.get("payment_id", "")
        found.add(ledger.get_payment(database, payment_id)["reference"])
    for reference in list(found):
        found |= {row["payment_reference"] for row in ledger.find_refunds(database, reference)}
    return found


async def json_body(request: web.Request) -> Json:
    """Return the body's members, or nothing if it is not a JSON object."""
    with suppress(ValueError):
        content = from_json(await request.read())
        if isinstance(content, dict):
            return content
    return {}
