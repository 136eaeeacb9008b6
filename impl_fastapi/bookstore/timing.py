"""`Server-Timing`: what a request costs, seen from outside; only with BOOKSTORE_DEBUG_TIMING=1."""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Tally:
    """The statements of one request, and the seconds they took."""

    queries: int = 0
    seconds: float = 0.0
    started: float = 0.0


_tally: ContextVar[Tally] = ContextVar("tally")


def count_queries(engine: Engine) -> None:
    """Count what goes through `engine`; what SQLAlchemy does not count are BEGIN and COMMIT."""
    event.listen(engine, "before_cursor_execute", _start)
    event.listen(engine, "after_cursor_execute", _stop)


def _start(*_: Any) -> None:
    if tally := _tally.get(None):
        tally.started = time.perf_counter()


def _stop(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if (tally := _tally.get(None)) and not statement.startswith(UNCOUNTED):
        tally.seconds += time.perf_counter() - tally.started
        tally.queries += 1


UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ", "PRAGMA")


class ServerTiming:
    """Adds the header to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        tally, started = Tally(), time.perf_counter()
        _tally.set(tally)

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                app = (time.perf_counter() - started) * 1000
                database = tally.seconds * 1000
                MutableHeaders(scope=message)["Server-Timing"] = (
                    f'app;dur={app:.2f}, db;dur={database:.2f};desc="{tally.queries} queries"'
                )
            await send(message)

        await self.app(scope, receive, send_timed)
