"""What a fault does to a call: a middleware between the API key's check and the handler."""

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
"""The operations that can fail, and what a fault's `on` calls each."""

OVERSIZE = 10 * 1024 * 1024
ELSEWHERE = "/elsewhere/"

KEPT = ("Idempotent-Replayed",)
"""What a garbled answer still says beside its content."""

DROPPED = 499
"""What the log calls an answer that nobody got."""


@web.middleware
async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer as the handler does, or as the next fault says."""
    operation = OPERATIONS.get(request.match_info.route.name or "")
    if operation is None:
        return await handler(request)
    fault = request.app[FAULTS].take(operation, await references(request))
    if fault is None:
        return await handler(request)
    await fault.wait()
    return await happen(fault, request, handler)


async def happen(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """The fault: first those that leave the work undone, then those that garble the answer."""
    match fault.wanted.kind:
        case "drop_before":
            return drop(request)
        case "status":
            return refuse(fault.wanted.status or HTTPStatus.INTERNAL_SERVER_ERROR)
        case "redirect":
            return await redirect(request)
    answer, content = await done(request, handler)
    if fault.wanted.kind == "drop_after":
        return drop(request)
    return web.Response(
        status=answer.status,
        body=garbled(fault.wanted.kind, content),
        content_type=answer.content_type,
        headers={name: answer.headers[name] for name in KEPT if name in answer.headers},
    )


def drop(request: web.Request) -> web.Response:
    """Cut the connection: the client gets no byte of an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response(status=DROPPED)


def refuse(status: int) -> web.Response:
    """A server that cannot, or will not, for now."""
    later = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    headers = {"Retry-After": "1"} if status in later else {}
    return problem(status, "fault", "A fault was asked for.", headers)


async def redirect(request: web.Request) -> web.Response:
    """To another address, where a client that follows is told a lie."""
    body = await json_body(request)
    lie: Json = {"items": []}
    if request.method == "POST":
        lie = {
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
    packed = urlsafe_b64encode(json.dumps(lie).encode()).decode()
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": ELSEWHERE + packed})


async def elsewhere(request: web.Request) -> web.Response:
    """Where a redirect leads: believable, and not true."""
    lie = urlsafe_b64decode(request.match_info["lie"])
    return web.Response(status=HTTPStatus.CREATED, body=lie, content_type="application/json")


async def done(request: web.Request, handler: Handler) -> tuple[web.Response, bytes]:
    """The work, and what would be said about it, be it a refusal."""
    try:
        answer = await handler(request)
    except Problem as refusal:
        answer = refusal.answer()
    if not (isinstance(answer, web.Response) and isinstance(answer.body, bytes)):
        raise TypeError("Only a whole answer can be garbled.")
    return answer, answer.body


def garbled(kind: str, content: bytes) -> bytes:
    """What the client is to get instead of the content."""
    match kind:
        case "malformed":
            return content[: len(content) // 2]
        case "oversized":
            return b'{"padding": "' + b"x" * OVERSIZE + b'", ' + content[1:]
        case "wrong_amount" | "wrong_currency":
            return json.dumps(wrong(kind, json.loads(content))).encode()
    return content


def wrong(kind: str, content: Json) -> Json:
    """Another amount, or currency, of everything that has one."""
    if "items" in content:
        return {"items": [wrong(kind, item) for item in content["items"]]}
    if "amount" not in content:
        return content
    if kind == "wrong_amount":
        return {**content, "amount": content["amount"] + 1}
    return {**content, "currency": "USD" if content["currency"] != "USD" else "EUR"}


async def references(request: web.Request) -> set[str]:
    """Every reference of what the call is about: the payment's, and the refund's."""
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
    """The members of the body, as far as it is a JSON object."""
    with suppress(ValueError):
        content = from_json(await request.read())
        if isinstance(content, dict):
            return content
    return {}
