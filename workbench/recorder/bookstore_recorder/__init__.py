"""Records, from outside, what a shop does with a request: as spans around those of its SQL.

Nothing in a shop knows of this. The framework's own steps are wrapped by their names when their
modules are imported, the shop's functions by rule when its modules are compiled.
"""

from bookstore_recorder import django_steps, fastapi_steps, flask_steps, shop, sqlalchemy_steps


def install() -> None:
    """Be ready for whatever will be imported; what is not there costs nothing."""
    shop.install()
    for steps in (flask_steps, fastapi_steps, django_steps, sqlalchemy_steps):
        steps.install()
