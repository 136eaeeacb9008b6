"""The operations of the tag service, in the contract's order."""

import os
from functools import cache
from pathlib import Path

from django.http import HttpResponse
from rest_framework.request import Request

from .. import database
from ..accounts.limits import limiter
from ..auth import Operations, operation
from ..environment import current_settings
from ..errors import ServiceUnavailable
from ..http import answer, content_tag, not_modified
from ..server import DRAIN_FLAG


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
        return answer({"status": "ready" if checks["redis"] == "up" else "degraded", "checks": checks})

    @operation("public", produces=("application/yaml",))
    def get_contract(self, request: Request) -> HttpResponse:
        """getContract."""
        content, etag = _contract()
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        return not_modified(request, etag, public=True) or HttpResponse(
            content, content_type="application/yaml", headers=headers
        )


def _up(answers: bool) -> str:
    return "up" if answers else "down"


@cache
def _contract() -> tuple[bytes, str]:
    content = (current_settings().spec_dir / "openapi.yaml").read_bytes()
    return content, content_tag(content)
