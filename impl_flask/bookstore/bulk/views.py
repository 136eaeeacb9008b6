"""The operations of the tag bulk, in the contract's order."""

import dataclasses
import tempfile
from typing import Any, BinaryIO

from flask import Blueprint, Response, g, request, stream_with_context

from ..auth import operation
from ..database import db
from ..errors import ContentTooLarge
from ..fields import Choice, StrictSchema
from ..http import answer, reader, require_media_type, require_whole
from ..tracing import traced
from . import services
from .formats import read_rows, write_rows

MAX_IMPORT_BYTES = 67_108_864
EXTENSIONS = {"text/csv": "csv", "application/x-ndjson": "ndjson"}

blueprint = Blueprint("bulk", __name__)


class ImportQuery(StrictSchema):
    """The parameters of importBooks."""

    on_error = Choice("skip", "abort", load_default="skip")


@blueprint.post("/books/import")
@operation("staff", query=ImportQuery())
def import_books(query: dict[str, Any]) -> Response:
    """importBooks."""
    media_type = require_media_type(*EXTENSIONS)
    with tempfile.TemporaryFile() as file:
        _spool(file)
        rows = read_rows(file, media_type)
        report = services.import_books(
            rows=rows, abort=query["on_error"] == "abort", user_id=g.caller.id
        )
    db.session.commit()
    return answer(dataclasses.asdict(report))


@blueprint.get("/books/export")
@operation("staff", produces=tuple(EXTENSIONS))
def export_books() -> Response:
    """exportBooks."""
    lines = write_rows(services.export_books(), g.media_type)
    chunks = traced(_chunks(lines))
    response = Response(stream_with_context(chunks), content_type=g.media_type)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="books.{EXTENSIONS[g.media_type]}"'
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _spool(file: BinaryIO) -> None:
    """Write the body to `file` first: a slow client then holds no memory and no transaction."""
    if (request.content_length or 0) > MAX_IMPORT_BYTES:
        raise ContentTooLarge
    with reader():
        while chunk := request.stream.read(65_536):
            if file.tell() + len(chunk) > MAX_IMPORT_BYTES:
                raise ContentTooLarge
            file.write(chunk)
    require_whole(file.tell())
    file.seek(0)


def _chunks(lines: Any) -> Any:
    """Lines, some hundred at once: a piece of the answer each would cost more than the line."""
    pending: list[str] = []
    for line in lines:
        pending.append(line)
        if len(pending) == 500:
            yield "".join(pending)
            pending.clear()
    yield "".join(pending)
