"""The operations of the tag bulk, in the contract's order."""

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from ..auth import Operations, operation
from ..fields import Choice, StrictSerializer
from ..http import answer, body_chunks, require_media_type
from ..tracing import traced
from . import services
from .formats import read_rows, write_rows

MAX_IMPORT_BYTES = 67_108_864
EXTENSIONS = {"text/csv": "csv", "application/x-ndjson": "ndjson"}


class ImportQuery(StrictSerializer):
    """The parameters of importBooks."""

    on_error = Choice("skip", "abort", default="skip")


class BulkOperations(Operations):
    """The catalogue as a file."""

    @operation("staff", query=ImportQuery)
    def import_books(self, request: Request, query: dict[str, Any]) -> HttpResponseBase:
        """importBooks."""
        media_type = require_media_type(request, *EXTENSIONS)
        # On disk first, so that neither memory nor the write transaction waits for a slow client
        with tempfile.TemporaryFile() as file:
            file.writelines(body_chunks(request, MAX_IMPORT_BYTES))
            file.seek(0)
            rows = read_rows(file, media_type)
            report = services.import_books(
                rows=rows, abort=query["on_error"] == "abort", user_id=self.caller.id
            )
        return answer(dataclasses.asdict(report))

    @operation("staff", produces=tuple(EXTENSIONS))
    def export_books(self, request: Request) -> HttpResponseBase:
        """exportBooks."""
        media_type = str(request.accepted_media_type)
        lines = write_rows(services.export_books(), media_type)
        disposition = f'attachment; filename="books.{EXTENSIONS[media_type]}"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        chunks = traced(_chunks(lines))
        return StreamingHttpResponse(chunks, content_type=media_type, headers=headers)


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    """Lines, some hundred at once: a piece of the answer each would cost more than the line."""
    remaining = iter(lines)
    while chunk := "".join(islice(remaining, 500)):
        yield chunk
