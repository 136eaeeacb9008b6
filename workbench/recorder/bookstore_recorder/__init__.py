"""Record the steps of a request as OpenTelemetry spans, without changes to the shop's code.

The steps of a framework are wrapped by name when its modules are imported. The functions of the
shop get a decorator when its modules are compiled.
"""

from bookstore_recorder import django_steps, fastapi_steps, flask_steps, shop, sqlalchemy_steps


def install() -> None:
    """Register the hooks for all frameworks. A framework that is not imported costs nothing."""
    shop.install()
    for steps in (flask_steps, fastapi_steps, django_steps, sqlalchemy_steps):
        steps.install()
