"""The application: routes, the one error family, the life of what is shared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import handlers, logs, tracing
from .accounts.limits import LoginLimiter
from .accounts.views import router as accounts
from .bulk.views import router as bulk
from .cart.views import router as cart
from .catalogue.views import router as catalogue
from .covers.views import router as covers
from .database import create_engine, reading
from .envelope import Envelope
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


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, ready to serve; connects to nothing yet."""
    settings = settings or current_settings()
    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=_lifespan)
    app.state.settings = settings
    for router in ROUTERS:
        app.include_router(router)
    handlers.register(app)
    if settings.debug_timing:
        app.add_middleware(ServerTiming)
    app.add_middleware(Envelope)
    tracing.register(app)
    return app


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
