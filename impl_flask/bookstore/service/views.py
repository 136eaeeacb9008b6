"""The operations of the tag service, in the contract's order."""

import os
from functools import cache
from pathlib import Path

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..accounts.limits import limiter
from ..auth import operation
from ..database import reading
from ..errors import ServiceUnavailable
from ..http import answer, content_tag, not_modified
from ..server import DRAIN_FLAG
from ..settings import current_settings

blueprint = Blueprint("service", __name__)


@blueprint.get("/health/live")
@operation("public")
def get_liveness() -> Response:
    """GetLiveness."""
    return answer({"status": "ok"})


@blueprint.get("/health/ready")
@operation("public")
def get_readiness() -> Response:
    """GetReadiness."""
    checks = {"database": _up(_database_answers()), "redis": _up(limiter().ping())}
    draining = Path(os.environ.get(DRAIN_FLAG, "/nonexistent")).exists()
    if draining or checks["database"] == "down":
        raise ServiceUnavailable(checks=checks)
    return answer({"status": "ready" if checks["redis"] == "up" else "degraded", "checks": checks})


@blueprint.get("/openapi.yaml")
@operation("public", produces=("application/yaml",))
def get_contract() -> Response:
    """GetContract."""
    content, etag = _contract()
    if unchanged := not_modified(etag, public=True):
        return unchanged
    response = Response(content, content_type="application/yaml")
    response.headers.update({"ETag": etag, "Cache-Control": "no-cache"})
    return response


def _up(answers: bool) -> str:  # noqa: FBT001 -- a word for a truth
    return "up" if answers else "down"


def _database_answers() -> bool:
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


@cache
def _contract() -> tuple[bytes, str]:
    content = (current_settings().spec_dir / "openapi.yaml").read_bytes()
    return content, content_tag(content)
