"""The operations of the tag service, in the contract's order."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.http import HttpResponse
from rest_framework.request import Request

from .. import database
from ..accounts.limits import limiter
from ..auth import Operations, operation
from ..errors import ServiceUnavailable
from ..http import answer, not_modified
from ..negotiation import require_acceptable
from ..server import DRAIN_FLAG
from . import documents


class ServiceOperations(Operations):
    """Health, and the contract itself."""

    @operation("public")
    def get_liveness(self, request: Request) -> HttpResponse:
        """getLiveness."""
        return answer({"status": "ok"})

    @operation("public")
    def get_readiness(self, request: Request) -> HttpResponse:
        """getReadiness."""
        checks = {"database": _up(database.answers()), "redis": _up(limiter().ping())}
        draining = Path(os.environ.get(DRAIN_FLAG, "/nonexistent")).exists()
        if draining or checks["database"] == "down":
            raise ServiceUnavailable(checks=checks)
        return answer(
            {"status": "ready" if checks["redis"] == "up" else "degraded", "checks": checks}
        )

    @operation("public", produces=("application/yaml",))
    def get_contract(self, request: Request) -> HttpResponse:
        """getContract."""
        return _shown(request, documents.contract())

    @operation("public", produces=("text/html",))
    def get_documentation(self, request: Request) -> HttpResponse:
        """getDocumentation."""
        return _shown(request, documents.page(), {"Content-Security-Policy": documents.PAGE_POLICY})

    @operation("public")
    def get_documentation_asset(self, request: Request, file: str) -> HttpResponse:
        """getDocumentationAsset."""
        asset = documents.asset(file)
        require_acceptable(request, asset.content_type)
        return _shown(request, asset)


def _shown(
    request: Request, document: documents.Document, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    headers = {**(headers or {}), "ETag": document.etag, "Cache-Control": "no-cache"}
    return not_modified(request, document.etag, public=True) or HttpResponse(
        document.content, content_type=document.content_type, headers=headers
    )


def _up(answers: bool) -> str:
    return "up" if answers else "down"
