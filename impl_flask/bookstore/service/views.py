"""The operations of the tag service, in the contract's order."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..accounts.limits import limiter
from ..auth import operation
from ..database import reading
from ..errors import ServiceUnavailable
from ..http import answer, not_modified, require_acceptable
from ..server import DRAIN_FLAG
from . import documents

blueprint = Blueprint("service", __name__)


@blueprint.get("/health/live")
@operation("public")
def get_liveness() -> Response:
    """getLiveness."""
    return answer({"status": "ok"})


@blueprint.get("/health/ready")
@operation("public")
def get_readiness() -> Response:
    """getReadiness."""
    checks = {"database": _up(_database_answers()), "redis": _up(limiter().ping())}
    draining = Path(os.environ.get(DRAIN_FLAG, "/nonexistent")).exists()
    if draining or checks["database"] == "down":
        raise ServiceUnavailable(checks=checks)
    return answer({"status": "ready" if checks["redis"] == "up" else "degraded", "checks": checks})


@blueprint.get("/openapi.yaml")
@operation("public", produces=("application/yaml",))
def get_contract() -> Response:
    """getContract."""
    return _shown(documents.contract())


@blueprint.get("/docs")
@operation("public", produces=("text/html",))
def get_documentation() -> Response:
    """getDocumentation."""
    return _shown(documents.page(), {"Content-Security-Policy": documents.PAGE_POLICY})


@blueprint.get("/docs/<file>")
@operation("public")
def get_documentation_asset(file: str) -> Response:
    """getDocumentationAsset."""
    asset = documents.asset(file)
    require_acceptable([asset.content_type])
    return _shown(asset)


def _shown(document: documents.Document, headers: Mapping[str, str] | None = None) -> Response:
    if unchanged := not_modified(document.etag, public=True):
        return unchanged
    response = Response(document.content, content_type=document.content_type, headers=headers)
    response.headers.update({"ETag": document.etag, "Cache-Control": "no-cache"})
    return response


def _up(answers: bool) -> str:
    return "up" if answers else "down"


def _database_answers() -> bool:
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
