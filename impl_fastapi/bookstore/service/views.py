"""The operations of the tag `service`, in the contract's order."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..errors import ServiceUnavailable
from ..http import accepts, answer, not_modified, require_acceptable
from . import documents

router = APIRouter()


@router.get("/health/live")
async def get_liveness() -> Response:
    """getLiveness."""
    return answer({"status": "ok"})


@router.get("/health/ready")
async def get_readiness(request: Request) -> Response:
    """getReadiness."""
    database, redis = await asyncio.gather(
        _database_answers(request), request.app.state.limiter.ping()
    )
    checks = {"database": "up" if database else "down", "redis": "up" if redis else "down"}
    if not database or _draining():
        raise ServiceUnavailable(checks=checks)
    return answer({"status": "ready" if redis else "degraded", "checks": checks})


@router.get("/openapi.yaml", dependencies=[accepts("application/yaml")])
async def get_contract(request: Request) -> Response:
    """getContract."""
    return _shown(request, documents.contract())


@router.get("/docs", dependencies=[accepts("text/html")])
async def get_documentation(request: Request) -> Response:
    """getDocumentation."""
    policy = {"Content-Security-Policy": documents.PAGE_POLICY}
    return _shown(request, documents.page(), policy)


@router.get("/docs/{file}")
async def get_documentation_asset(request: Request, file: str) -> Response:
    """getDocumentationAsset."""
    asset = documents.asset(file)
    require_acceptable(request, asset.content_type)
    return _shown(request, asset)


def _shown(
    request: Request, document: documents.Document, headers: Mapping[str, str] | None = None
) -> Response:
    headers = {
        **(headers or {}),
        "ETag": document.etag,
        "Cache-Control": "no-cache",
        "Content-Type": document.content_type,
    }
    unchanged = not_modified(request, document.etag, public=True)
    return unchanged or Response(document.content, headers=headers)


async def _database_answers(request: Request) -> bool:
    try:
        async with asyncio.timeout(2), request.app.state.reading.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


def _draining() -> bool:
    flag = os.environ.get("BOOKSTORE_DRAIN_FLAG")  # set by server.py
    return flag is not None and Path(flag).exists()
