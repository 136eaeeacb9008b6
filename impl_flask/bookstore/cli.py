"""The command `bookstore` (spec/runtime.md, Commands)."""

import gc
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from . import server
from .settings import SettingsError, current_settings

MEDIA_TYPES = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}

GARBAGE_THRESHOLD = 50_000
"""New objects between two looks for garbage: Python's 700 make imports a tenth slower."""

# What a command does not need would take longer to import than most commands take to run.


@click.group()
def commands() -> None:
    """A bookstore's backend, in Flask."""


@contextmanager
def open_database() -> Iterator[None]:
    """The context of an application that has a database and nothing else.

    Raises:
        click.ClickException: why a command could not do its work.
    """
    from sqlalchemy.exc import OperationalError

    from .database import create_database_app
    from .errors import Problem
    from .layout import LayoutError

    try:
        with create_database_app().app_context():
            yield
    except OperationalError as error:
        raise click.ClickException(f"the database does not answer: {error.orig}") from error
    except Problem as problem:
        errors = [
            f"{e.get('pointer', e.get('name'))} {e['detail']}"
            for e in problem.extension.get("errors", ())
        ]
        raise click.ClickException("; ".join([str(problem), *errors[:20]])) from problem
    except LayoutError as error:
        raise click.ClickException(str(error)) from error


def with_database(command: Callable[..., None]) -> Callable[..., None]:
    """Run a command where the tables are."""

    @wraps(command)
    def run(**options: Any) -> None:
        from . import layout

        with open_database():
            layout.require_layout()
            command(**options)

    return run


@commands.command()
def migrate() -> None:
    """Bring the database to the current layout."""
    from . import layout

    with open_database():
        layout.migrate()


@commands.command()
@click.option(
    "--books",
    "synthetic",
    type=click.IntRange(0, 99_999_999),
    default=0,
    help="Synthetic books to add.",
)
@click.option(
    "--demo-users/--no-demo-users", default=None, help="Add demo users; in development the default."
)
@with_database
def seed(synthetic: int, *, demo_users: bool | None) -> None:
    """Put in the catalogue, and demo users."""
    from . import seeding

    settings = current_settings()
    wanted = settings.development if demo_users is None else demo_users
    seeding.seed(spec_dir=settings.spec_dir, synthetic=synthetic, demo_users=wanted)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True)
@with_database
def serve(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    from .database import db

    db.engine.dispose()
    settings = current_settings()
    server.serve(
        host=host,
        port=port,
        workers=workers,
        drain_seconds=settings.drain_seconds,
        metrics_port=settings.metrics_port,
    )


@commands.command("create-user")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["customer", "staff", "admin"]), required=True)
@with_database
def create_user(email: str, name: str, role: str) -> None:
    """Make an account; its password comes from BOOKSTORE_NEW_PASSWORD, or is asked for."""
    from .accounts import schemas, services
    from .database import db
    from .fields import validate

    password = os.environ.get("BOOKSTORE_NEW_PASSWORD") or getpass.getpass("Password: ")
    fields = validate(
        schemas.UserRegistration(), {"email": email, "password": password, "name": name}, "body"
    )
    services.register_user(**fields, role=role)
    db.session.commit()


@commands.command("import-books")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on-error", type=click.Choice(["skip", "abort"]), default="skip", show_default=True)
@with_database
def import_file(file: Path, on_error: str) -> None:
    """Import a .csv or .ndjson file."""
    from .bulk.formats import read_rows
    from .bulk.services import import_books
    from .database import db

    if file.suffix not in MEDIA_TYPES:
        raise click.UsageError("the file must end in .csv or .ndjson")
    with file.open("rb") as content:
        report = import_books(
            rows=read_rows(content, MEDIA_TYPES[file.suffix]), abort=on_error == "abort"
        )
    db.session.commit()
    for error in report.errors:
        click.echo(f"line {error.line}: {error.column or 'row'}: {error.detail}")
    click.echo(
        f"created={report.created} updated={report.updated} "
        f"unchanged={report.unchanged} rejected={report.rejected}"
    )


@commands.command("expire-orders")
@with_database
def expire_orders() -> None:
    """Cancel every order whose payment did not come in time."""
    from .orders import services

    click.echo(f"expired={services.expire_orders()}")


@commands.command("reconcile-payments")
@click.option(
    "--older-than",
    type=click.IntRange(0, 31_536_000),
    default=60,
    show_default=True,
    help="Seconds that a payment or refund has been pending.",
)
@with_database
def reconcile_payments(older_than: int) -> None:
    """Ask the provider what became of every payment and refund that is pending."""
    from .payments import services

    try:
        settled, refunded = services.reconcile_payments(older_than=older_than)
    except services.ProviderUnreachable as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "payments: " + " ".join(f"{s}={settled[s]}" for s in ("captured", "failed", "pending"))
    )
    click.echo(
        "refunds: " + " ".join(f"{s}={refunded[s]}" for s in ("succeeded", "failed", "pending"))
    )


def main() -> None:
    """Run a command; what goes wrong is one line on stderr and exit status 1."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        commands(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message())
    except (SettingsError, server.ServerError) as error:
        _fail(str(error))


def _fail(reason: str) -> None:
    sys.stderr.write(f"bookstore: {' '.join(reason.split())}\n")
    sys.exit(1)
