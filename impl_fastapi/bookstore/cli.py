"""The command `bookstore` (runtime.md): status 0, or one line on stderr."""

import argparse
import asyncio
import gc
import getpass
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from . import server
from .settings import SettingsError, current_settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

    from .problem import Problem

MEDIA_TYPES = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}

GARBAGE_THRESHOLD = 50_000
"""New objects between two looks for garbage: Python's 700 make imports a tenth slower."""

# What a command does not need would take longer to import than most commands take to run.


class CommandError(Exception):
    """What is wrong, in one line."""


def main() -> None:
    """Run one command."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.ERROR, format="bookstore: %(message)s")
    try:
        current_settings()
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except (SettingsError, CommandError, server.ServerError) as error:
        sys.exit(f"bookstore: {error}")
    except ConnectionError as error:
        sys.exit(f"bookstore: the database does not answer: {error}")
    except OSError as error:
        sys.exit(f"bookstore: {_reason(error)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bookstore", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("migrate", help="bring the database to the current layout")
    command.set_defaults(run=_migrate)

    command = commands.add_parser("seed", help="put in the catalogue and demo users")
    command.add_argument("--books", type=int, default=0, metavar="N", help="synthetic books, too")
    command.add_argument("--demo-users", action=argparse.BooleanOptionalAction, default=None)
    command.set_defaults(run=_seed)

    command = commands.add_parser("serve", help="serve HTTP")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8000)
    command.add_argument("--workers", type=int, default=1)
    command.set_defaults(run=_serve)

    command = commands.add_parser("create-user", help="make an account")
    command.add_argument("email")
    command.add_argument("--name", required=True)
    command.add_argument("--role", required=True, choices=["customer", "staff", "admin"])
    command.set_defaults(run=_create_user)

    command = commands.add_parser("import-books", help="as importBooks, from a file")
    command.add_argument("file", type=Path)
    command.add_argument("--on-error", choices=["skip", "abort"], default="skip")
    command.set_defaults(run=_import_books)

    command = commands.add_parser("expire-orders", help="cancel what was not paid in time")
    command.set_defaults(run=_expire_orders)

    command = commands.add_parser("reconcile-payments", help="settle what has long been pending")
    command.add_argument("--older-than", type=_seconds, default=60, metavar="SECONDS")
    command.set_defaults(run=_reconcile_payments)
    return parser


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError("must be a number of seconds")
    return int(text)


def _migrate(_: argparse.Namespace) -> None:
    from . import layout

    asyncio.run(_with_engine(layout.migrate))


def _seed(arguments: argparse.Namespace) -> None:
    demo_users = arguments.demo_users
    if demo_users is None:
        demo_users = current_settings().development

    async def work(session: "AsyncSession") -> None:
        from . import seeding

        await seeding.seed(session, books=arguments.books, demo_users=demo_users)

    _in_transaction(work)


def _serve(arguments: argparse.Namespace) -> None:
    from . import layout

    asyncio.run(_with_engine(layout.require_layout))
    server.serve(host=arguments.host, port=arguments.port, workers=arguments.workers)


def _create_user(arguments: argparse.Namespace) -> None:
    from .accounts.schemas import UserRegistration
    from .accounts.services import create_user
    from .fields import validate

    password = os.environ.get("BOOKSTORE_NEW_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            raise CommandError("set BOOKSTORE_NEW_PASSWORD, or run this on a terminal")
        password = getpass.getpass()
    account = {"email": arguments.email, "name": arguments.name, "password": password}

    async def work(session: "AsyncSession") -> None:
        data = validate(UserRegistration, account, "body")
        await create_user(session, data=data, role=arguments.role)

    _in_transaction(work)


def _import_books(arguments: argparse.Namespace) -> None:
    from .bulk.services import import_books
    from .errors import ImportRejected

    media_type = MEDIA_TYPES.get(arguments.file.suffix)
    if media_type is None:
        raise CommandError("the file's name must end with .csv or .ndjson")

    async def work(session: "AsyncSession") -> None:
        try:
            with arguments.file.open("rb") as file:
                report = await import_books(
                    session,
                    file=file,
                    media_type=media_type,
                    on_error=arguments.on_error,
                    user_id=None,
                )
        except ImportRejected as problem:
            for fault in problem.members["errors"]:
                line, _, column = fault["pointer"][1:].partition("/")
                sys.stdout.write(f"line {line}: {column or 'row'}: {fault['detail']}\n")
            raise CommandError("nothing was imported: there are bad rows") from None
        for error in report.errors:
            sys.stdout.write(f"line {error.line}: {error.column or 'row'}: {error.detail}\n")
        counts = ("created", "updated", "unchanged", "rejected")
        summary = " ".join(f"{name}={getattr(report, name)}" for name in counts)
        sys.stdout.write(f"{summary}\n")

    _in_transaction(work)


def _expire_orders(_: argparse.Namespace) -> None:
    from . import layout
    from .orders.services import expire_orders

    async def work(engine: "AsyncEngine") -> None:
        await layout.require_layout(engine)
        sys.stdout.write(f"expired={await expire_orders(engine)}\n")

    asyncio.run(_with_engine(work))


def _reconcile_payments(arguments: argparse.Namespace) -> None:
    from . import layout
    from .payments.provider import PaymentProvider, ProviderUnreachable
    from .payments.services import reconcile_payments

    async def work(engine: "AsyncEngine") -> None:
        await layout.require_layout(engine)
        provider = PaymentProvider(current_settings())
        try:
            report = await reconcile_payments(engine, provider, older_than=arguments.older_than)
        except ProviderUnreachable:
            raise CommandError("the payment provider does not answer") from None
        finally:
            await provider.close()
        for name, counts, outcomes in (
            ("payments", report.payments, ("captured", "failed", "pending")),
            ("refunds", report.refunds, ("succeeded", "failed", "pending")),
        ):
            told = " ".join(f"{outcome}={counts[outcome]}" for outcome in outcomes)
            sys.stdout.write(f"{name}: {told}\n")

    asyncio.run(_with_engine(work))


def _in_transaction(work: Callable[["AsyncSession"], Awaitable[None]]) -> None:
    from sqlalchemy.ext.asyncio import AsyncSession

    from . import layout

    async def run(engine: "AsyncEngine") -> None:
        await layout.require_layout(engine)
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await work(session)

    asyncio.run(_with_engine(run))


async def _with_engine(work: Callable[["AsyncEngine"], Awaitable[None]]) -> None:
    """Do something with a database. Raises CommandError, whatever is wrong with it."""
    from sqlalchemy.exc import SQLAlchemyError

    from .database import create_engine
    from .layout import LayoutError
    from .problem import Problem

    engine = create_engine(current_settings())
    try:
        await work(engine)
    except Problem as problem:
        raise CommandError(_one_line(problem)) from problem
    except LayoutError as error:
        raise CommandError(str(error)) from error
    except SQLAlchemyError as error:
        raise CommandError(_reason(error)) from error
    finally:
        await engine.dispose()
        await _sqlite_threads_end()


async def _sqlite_threads_end() -> None:
    """Wait for aiosqlite: one that cannot open its file still has an answer for this event loop."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 1)


def _reason(error: Exception) -> str:
    """What it says first, or what it is where it says nothing."""
    return str(getattr(error, "orig", error)).partition("\n")[0] or type(error).__name__


def _one_line(problem: "Problem") -> str:
    errors = problem.members.get("errors", [])
    faults = (f"{e.get('pointer') or e.get('name')}: {e['detail']}" for e in errors[:10])
    return "; ".join([problem.detail, *faults])
