"""The command `bookstore` (spec/runtime.md, Commands)."""

import gc
import getpass
import logging
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import django
from django.db import DatabaseError, connection

from . import server
from .environment import SettingsError, current_settings

MEDIA_TYPES = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}

GARBAGE_THRESHOLD = 50_000
"""New objects between two looks for garbage: Python's 700 make imports a tenth slower."""

# Models can be imported only after django.setup(), so each command imports what it needs.


@contextmanager
def one_connection() -> Iterator[None]:
    """Replace the pool by one connection in the block: it raises a failure's reason at once."""
    options = connection.settings_dict["OPTIONS"]
    pool = options.pop("pool", None)
    try:
        yield
    finally:
        connection.close()
        options.update({"pool": pool} if pool else {})


@one_connection()
def migrate(_: Namespace) -> None:
    """Bring the database to the current layout."""
    from . import layout

    layout.migrate()


@one_connection()
def seed(options: Namespace) -> None:
    """Put in the catalogue, and demo users."""
    from . import layout, seeding

    layout.require_layout()
    settings = current_settings()
    wanted = settings.development if options.demo_users is None else options.demo_users
    seeding.seed(spec_dir=settings.spec_dir, synthetic=options.books, demo_users=wanted)


def serve(options: Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    from . import layout

    with one_connection():
        layout.require_layout()
    settings = current_settings()
    server.serve(
        host=options.host,
        port=options.port,
        workers=options.workers,
        drain_seconds=settings.drain_seconds,
        metrics_port=settings.metrics_port,
    )


@one_connection()
def create_user(options: Namespace) -> None:
    """Make an account; its password comes from BOOKSTORE_NEW_PASSWORD, or is asked for."""
    from . import layout
    from .accounts import schemas, services
    from .fields import validate

    layout.require_layout()
    password = os.environ.get("BOOKSTORE_NEW_PASSWORD") or getpass.getpass("Password: ")
    given = {"email": options.email, "password": password, "name": options.name}
    services.register_user(**validate(schemas.UserRegistration, given, "body"), role=options.role)


@one_connection()
def import_file(options: Namespace) -> None:
    """Import a .csv or .ndjson file."""
    from . import layout
    from .bulk.formats import read_rows
    from .bulk.services import import_books

    layout.require_layout()
    with options.file.open("rb") as content:
        rows = read_rows(content, MEDIA_TYPES[options.file.suffix])
        report = import_books(rows=rows, abort=options.on_error == "abort")
    for error in report.errors:
        say(f"line {error.line}: {error.column or 'row'}: {error.detail}")
    say(
        f"created={report.created} updated={report.updated} "
        f"unchanged={report.unchanged} rejected={report.rejected}"
    )


@one_connection()
def expire_orders(_: Namespace) -> None:
    """Cancel every order that was not paid in time."""
    from . import layout
    from .orders import services

    layout.require_layout()
    say(f"expired={services.expire_orders()}")


@one_connection()
def reconcile_payments(options: Namespace) -> None:
    """Settle every payment and refund whose outcome is not known."""
    from . import layout
    from .payments import services

    layout.require_layout()
    try:
        report = services.reconcile_payments(older_than=options.older_than)
    except services.ProviderUnreachable as error:
        fail(str(error))
    payments, refunds = report.payments, report.refunds
    say(
        f"payments: captured={payments['captured']} failed={payments['failed']} "
        f"pending={payments['pending']}"
    )
    say(
        f"refunds: succeeded={refunds['succeeded']} failed={refunds['failed']} "
        f"pending={refunds['pending']}"
    )


def say(line: str) -> None:
    """A line for the person who runs the command."""
    sys.stdout.write(f"{line}\n")


def fail(reason: str) -> NoReturn:
    """One line on stderr, and the exit status that goes with it."""
    sys.stderr.write(f"bookstore: {' '.join(reason.split())}\n")
    sys.exit(1)


class Parser(ArgumentParser):
    """A parser whose complaint is one line, too."""

    def error(self, message: str) -> NoReturn:
        """Complain."""
        fail(message)


def number(low: int, high: int) -> Callable[[str], int]:
    """The type of an option between `low` and `high`."""

    def convert(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"must be between {low} and {high}")
        return int(text)

    return convert


def importable(text: str) -> Path:
    """A file whose format shows in its name."""
    path = Path(text)
    if path.suffix not in MEDIA_TYPES:
        raise ArgumentTypeError("must end in .csv or .ndjson")
    if not path.is_file():
        raise ArgumentTypeError(f"{text} is no file")
    return path


def parser() -> Parser:
    """Every command and its options."""
    root = Parser(prog="bookstore", description="A bookstore's backend, in Django.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[Namespace], None]) -> ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        return added

    command("migrate", migrate)
    seeding = command("seed", seed)
    seeding.add_argument(
        "--books", type=number(0, 99_999_999), default=0, help="synthetic books to add"
    )
    seeding.add_argument(
        "--demo-users", action=BooleanOptionalAction, help="in development the default"
    )
    serving = command("serve", serve)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=number(1, 65_535), default=8000)
    serving.add_argument("--workers", type=number(1, 256), default=1)
    creating = command("create-user", create_user)
    creating.add_argument("email")
    creating.add_argument("--name", required=True)
    creating.add_argument("--role", choices=("customer", "staff", "admin"), required=True)
    importing = command("import-books", import_file)
    importing.add_argument("file", type=importable)
    importing.add_argument("--on-error", choices=("skip", "abort"), default="skip")
    command("expire-orders", expire_orders)
    reconciling = command("reconcile-payments", reconcile_payments)
    reconciling.add_argument(
        "--older-than",
        type=number(0, 31_536_000),
        default=60,
        metavar="SECONDS",
        help="pending for so long",
    )
    return root


def main() -> None:
    """Run a command; what goes wrong is one line on stderr and exit status 1."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
    options = parser().parse_args()
    try:
        current_settings()
        django.setup()
        # Standard output is the command's own; what a server logs there goes to stderr here.
        logging.basicConfig(level=logging.WARNING, format="bookstore: %(message)s", force=True)
        from .errors import Problem
        from .layout import LayoutError
    except SettingsError as error:
        fail(str(error))
    try:
        options.run(options)
    except Problem as problem:
        errors = [
            f"{e.get('pointer', e.get('name'))} {e['detail']}"
            for e in problem.extension.get("errors", ())
        ]
        fail("; ".join([str(problem), *errors[:20]]))
    except (LayoutError, server.ServerError) as error:
        fail(str(error))
    except DatabaseError as error:
        fail(f"the database does not answer: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
