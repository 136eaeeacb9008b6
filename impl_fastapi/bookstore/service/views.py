"""The operations of the tag `service`, in the contract's order."""

import asyncio
import os
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..errors import ServiceUnavailable
from ..http import ANSWERS_JSON, accepts, answer, content_tag, digest, not_modified
from ..inputs import NO_QUERY
from ..settings import current_settings

router = APIRouter()


@router.get("/health/live", dependencies=[NO_QUERY, ANSWERS_JSON])
async def get_liveness() -> Response:
    """getLiveness."""
    return answer({"status": "ok"})


@router.get("/health/ready", dependencies=[NO_QUERY, ANSWERS_JSON])
async def get_readiness(request: Request) -> Response:
    """getReadiness."""
    database, redis = await asyncio.gather(
        _database_answers(request), request.app.state.limiter.ping()
    )
    checks = {"database": "up" if database else "down", "redis": "up" if redis else "down"}
    if not database or _draining():
        raise ServiceUnavailable(checks=checks)
    return answer({"status": "ready" if redis else "degraded", "checks": checks})


@router.get("/openapi.yaml", dependencies=[NO_QUERY, accepts("application/yaml")])
async def get_contract(request: Request) -> Response:
    """getContract."""
    document, etag = _contract()
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Type": "application/yaml"}
    return not_modified(request, etag, public=True) or Response(document, headers=headers)


@cache
def _contract() -> tuple[bytes, str]:
    document = (current_settings().spec_dir / "openapi.yaml").read_bytes()
    return document, content_tag(digest(document))


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
