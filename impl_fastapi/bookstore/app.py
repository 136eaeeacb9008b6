"""The application: routes, the one error family, the life of what is shared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import handlers, logs, tracing
from .accounts.limits import LoginLimiter
from .accounts.views import router as accounts
from .bulk.views import router as bulk
from .cart.views import router as cart
from .catalogue.views import router as catalogue
from .covers.views import router as covers
from .database import create_engine, reading
from .envelope import Envelope
from .errors import MethodNotAllowed
from .orders.views import router as orders
from .payments.provider import PaymentProvider
from .payments.views import router as payments
from .redis import create_redis
from .replica import Replica
from .reports.views import router as reports
from .reviews.views import router as reviews
from .service.views import router as service
from .settings import Settings, current_settings
from .stock.views import router as stock
from .timing import ServerTiming, count_queries

ROUTERS = (
    service,
    accounts,
    catalogue,
    covers,
    bulk,
    stock,
    reviews,
    cart,
    orders,
    payments,
    reports,
)


class OtherMethods:
    """Whatever a path's operations do not take: OPTIONS, or a 405 that names them all.

    Starlette's own 405 names the methods of the path's first route only.
    """

    def __init__(self, path: str, methods: set[str]) -> None:
        self.path = path
        more = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
        self.allow = ", ".join(sorted(methods | more))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS (RFC 9110, 9.3.7), refuse the rest."""
        scope["route"] = self  # as an operation's, for whoever tells of the request
        if scope["method"] != "OPTIONS":
            raise MethodNotAllowed(self.allow)
        headers = {"Allow": self.allow, "Cache-Control": "no-store"}
        await Response(status_code=204, headers=headers)(scope, receive, send)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, ready to serve; connects to nothing yet."""
    settings = settings or current_settings()
    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=_lifespan)
    app.state.settings = settings
    app.router.routes[:] = _routes()
    handlers.register(app)
    if settings.debug_timing:
        app.add_middleware(ServerTiming)
    app.add_middleware(Envelope)
    tracing.register(app)
    return app


def _routes() -> list[Route]:
    """Every path's operations together, paths without parameters first."""
    routes = [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]
    paths = sorted(dict.fromkeys(r.path for r in routes), key=lambda path: path.count("{"))
    ordered: list[Route] = []
    for path in paths:
        operations = [r for r in routes if r.path == path]
        methods = {method for r in operations for method in r.methods or ()}
        ordered += [*operations, Route(path, OtherMethods(path, methods))]
    return ordered


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    logs.configure(settings.log_level)
    engine = create_engine(settings)
    engines = [engine]
    app.state.engine, app.state.reading, app.state.replica = engine, reading(engine), None
    if settings.database_replica_url:
        engines.append(create_engine(settings, settings.database_replica_url))
        app.state.replica = Replica(reading(engines[-1]))
    for each in engines:
        tracing.register_engine(each)
        if settings.debug_timing:
            count_queries(each.sync_engine)
    app.state.redis = create_redis(settings)
    app.state.limiter = LoginLimiter(settings, app.state.redis)
    app.state.provider = PaymentProvider(settings)
    yield
    await app.state.provider.close()
    await app.state.redis.aclose()
    for each in engines:
        await each.dispose()
    await tracing.end()
