"""The operations of the tag `bulk`, in the contract's order."""

from tempfile import SpooledTemporaryFile
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from ..auth import STAFF, SignedIn
from ..database import Transaction
from ..http import accepts, answer
from ..inputs import read_query, require_media_type, stream_body
from . import services
from .formats import CSV, NDJSON
from .schemas import ImportQuery

MAX_IMPORT_BYTES = 67_108_864

router = APIRouter()


@router.post("/books/import", dependencies=[STAFF])
async def import_books(
    request: Request,
    caller: SignedIn,
    query: Annotated[ImportQuery, read_query(ImportQuery)],
    transaction: Transaction,
) -> Response:
    """importBooks."""
    media_type = require_media_type(request, CSV, NDJSON)
    with SpooledTemporaryFile(max_size=1_048_576) as file:
        async for chunk in stream_body(request, MAX_IMPORT_BYTES):
            file.write(chunk)
        file.seek(0)
        report = await services.import_books(
            transaction,
            file=file,  # type: ignore[arg-type]  # a spooled file is not an IO[bytes] for mypy
            media_type=media_type,
            on_error=query.on_error,
            user_id=caller.id,
        )
    return answer(report)


@router.get("/books/export", dependencies=[STAFF])
async def export_books(
    request: Request, media_type: Annotated[str, accepts(CSV, NDJSON)]
) -> Response:
    """exportBooks."""
    pieces = services.export_books(request.app.state.reading, media_type=media_type)
    name = "books.csv" if media_type == CSV else "books.ndjson"
    return StreamingResponse(
        pieces,
        headers={
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
