"""The application: one factory, every concern registered once."""

import redis
from flask import Flask

from . import errors, logs, replica, timing
from .accounts.limits import LoginLimiter
from .accounts.views import blueprint as accounts
from .bulk.views import blueprint as bulk
from .cart.views import blueprint as cart
from .catalogue.views import blueprint as catalogue
from .covers.views import blueprint as covers
from .database import db, register_database
from .orders.views import blueprint as orders
from .payments.views import blueprint as payments
from .reports.views import blueprint as reports
from .reviews.views import blueprint as reviews
from .service.views import blueprint as service
from .settings import current_settings
from .stock.views import blueprint as stock


def create_app() -> Flask:
    """The application, ready to serve; connects to nothing yet.

    Raises:
        SettingsError: naming every setting that is wrong.
    """
    settings = current_settings()
    app = Flask("bookstore", static_folder=None)
    app.url_map.merge_slashes = False  # paths are exact: no redirects
    app.extensions["redis"] = redis.Redis.from_url(
        settings.redis_url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
    )
    app.extensions["login_limiter"] = LoginLimiter(
        app.extensions["redis"], settings.login_window_seconds
    )
    register_database(app)
    with app.app_context():
        replica.register(app, db.engines.get(replica.BIND))
    if settings.debug_timing:
        timing.register(app)
    logs.register(app)
    errors.register(app)
    for blueprint in (
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
    ):
        app.register_blueprint(blueprint)
    return app
