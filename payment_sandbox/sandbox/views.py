"""Request handlers: one for each operation of openapi.yaml, in its order."""

import json
from http import HTTPStatus

from aiohttp import web

from sandbox import ledger, outbox, schemas
from sandbox.database import transaction
from sandbox.faults import NewFault
from sandbox.idempotency import once
from sandbox.problems import NotFound
from sandbox.schemas import Json
from sandbox.state import DATABASE, DELIVERY, FAULTS

routes = web.RouteTableDef()


@routes.get("/health", name="getHealth")
async def get_health(request: web.Request) -> web.Response:
    """getHealth: check that the database can be read."""
    request.app[DATABASE].execute("SELECT 1 FROM payments")
    return answer({"status": "ok"})


@routes.post("/payments", name="createPayment")
async def create_payment(request: web.Request) -> web.Response:
    """createPayment: charge or authorize a card."""
    database, faults = request.app[DATABASE], request.app[FAULTS]
    wanted = schemas.NewPayment.read(await request.read())
    response = once(
        request,
        database,
        wanted,
        lambda: schemas.payment(ledger.create_payment(database, faults, wanted)),
    )
    request.app[DELIVERY].wake()
    return response


@routes.get("/payments", name="findPayment")
async def find_payment(request: web.Request) -> web.Response:
    """findPayment: look up a payment by the shop's reference."""
    query = schemas.ByReference.read_query(request.query)
    rows = ledger.find_payments(request.app[DATABASE], query.reference)
    return answer({"items": [schemas.payment(row) for row in rows]})


@routes.get("/payments/{payment_id}", name="getPayment")
async def get_payment(request: web.Request) -> web.Response:
    """getPayment: return a payment by its id."""
    row = ledger.get_payment(request.app[DATABASE], request.match_info["payment_id"])
    return answer(schemas.payment(row))


@routes.post("/payments/{payment_id}/capture", name="capturePayment")
async def capture_payment(request: web.Request) -> web.Response:
    """capturePayment: capture an authorized payment."""
    database, faults = request.app[DATABASE], request.app[FAULTS]
    with transaction(database):
        row = ledger.capture_payment(database, faults, request.match_info["payment_id"])
    request.app[DELIVERY].wake()
    return answer(schemas.payment(row))


@routes.post("/payments/{payment_id}/refunds", name="createRefund")
async def create_refund(request: web.Request) -> web.Response:
    """createRefund: refund a captured payment."""
    database, faults = request.app[DATABASE], request.app[FAULTS]
    payment_id = request.match_info["payment_id"]
    wanted = schemas.NewRefund.read(await request.read())
    response = once(
        request,
        database,
        wanted,
        lambda: schemas.refund(ledger.create_refund(database, faults, payment_id, wanted)),
    )
    request.app[DELIVERY].wake()
    return response


@routes.get("/refunds", name="findRefund")
async def find_refund(request: web.Request) -> web.Response:
    """findRefund: look up a refund by the shop's reference."""
    query = schemas.ByReference.read_query(request.query)
    rows = ledger.find_refunds(request.app[DATABASE], query.reference)
    return answer({"items": [schemas.refund(row) for row in rows]})


@routes.get("/ledger", name="listEntries")
async def list_entries(request: web.Request) -> web.Response:
    """listEntries: return a page of the ledger."""
    page = schemas.Page.read_query(request.query)
    rows = ledger.list_entries(request.app[DATABASE], page)
    items = [schemas.entry(row) for row in rows]
    return answer(schemas.page("entries", items, rows, page.limit))


@routes.get("/events", name="listEvents")
async def list_events(request: web.Request) -> web.Response:
    """listEvents: return a page of events."""
    page = schemas.Page.read_query(request.query)
    rows = outbox.list_events(request.app[DATABASE], page)
    items = [schemas.event(row) for row in rows]
    return answer(schemas.page("items", items, rows, page.limit))


@routes.post("/events/{event_id}/delivery", name="deliverEvent")
async def deliver_event(request: web.Request) -> web.Response:
    """deliverEvent: send an event now and return its new state."""
    database, event_id = request.app[DATABASE], request.match_info["event_id"]
    await request.app[DELIVERY].deliver_again(outbox.get_event(database, event_id))
    return answer(schemas.event(outbox.get_event(database, event_id)))


@routes.post("/faults", name="createFault")
async def create_fault(request: web.Request) -> web.Response:
    """createFault: add a fault to the active ones."""
    fault = request.app[FAULTS].add(NewFault.read(await request.read()))
    return answer(fault.shown(), HTTPStatus.CREATED)


@routes.get("/faults", name="listFaults")
async def list_faults(request: web.Request) -> web.Response:
    """listFaults: return the active faults."""
    return answer({"items": [fault.shown() for fault in request.app[FAULTS].all()]})


@routes.delete("/faults", name="clearFaults")
async def clear_faults(request: web.Request) -> web.Response:
    """clearFaults: delete all active faults."""
    request.app[FAULTS].clear()
    return web.Response(status=HTTPStatus.NO_CONTENT)


@routes.delete("/faults/{fault_id}", name="deleteFault")
async def delete_fault(request: web.Request) -> web.Response:
    """deleteFault: delete one active fault."""
    if not request.app[FAULTS].remove(request.match_info["fault_id"]):
        raise NotFound("There is no such fault.")
    return web.Response(status=HTTPStatus.NO_CONTENT)


def answer(content: Json, status: int = HTTPStatus.OK) -> web.Response:
    """Return JSON without a charset parameter: RFC 8259 requires UTF-8."""
    return web.Response(
        status=status, body=json.dumps(content).encode(), content_type="application/json"
    )
