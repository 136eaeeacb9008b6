"""The command `bookstore` (runtime.md): status 0, or one line on stderr."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from . import migrate, seeding, server
from .accounts.schemas import UserRegistration
from .accounts.services import create_user
from .bulk.formats import CSV, NDJSON
from .bulk.services import import_books
from .database import create_engine
from .errors import ImportRejected, Problem
from .fields import validate
from .settings import SettingsError, current_settings

MEDIA_TYPES = {".csv": CSV, ".ndjson": NDJSON}


class CommandError(Exception):
    """What is wrong, in one line."""


def main() -> None:
    """Run one command."""
    arguments = _parser().parse_args()
    try:
        current_settings()
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except Problem as problem:
        sys.exit(f"bookstore: {_one_line(problem)}")
    except (SettingsError, CommandError, server.ServeError, migrate.LayoutError) as error:
        sys.exit(f"bookstore: {error}")
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        sys.exit(f"bookstore: {reason or type(error).__name__}")


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
    return parser


def _migrate(_: argparse.Namespace) -> None:
    asyncio.run(_with_engine(migrate.migrate))


def _seed(arguments: argparse.Namespace) -> None:
    demo_users = arguments.demo_users
    if demo_users is None:
        demo_users = current_settings().development

    async def work(session: AsyncSession) -> None:
        await seeding.seed(session, books=arguments.books, demo_users=demo_users)

    _in_transaction(work)


def _serve(arguments: argparse.Namespace) -> None:
    asyncio.run(_with_engine(migrate.require_layout))
    server.serve(host=arguments.host, port=arguments.port, workers=arguments.workers)


def _create_user(arguments: argparse.Namespace) -> None:
    password = os.environ.get("BOOKSTORE_NEW_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            raise CommandError("set BOOKSTORE_NEW_PASSWORD, or run this on a terminal")
        password = getpass.getpass()
    account = {"email": arguments.email, "name": arguments.name, "password": password}
    data = validate(UserRegistration, account, "body")

    async def work(session: AsyncSession) -> None:
        await create_user(session, data=data, role=arguments.role)

    _in_transaction(work)


def _import_books(arguments: argparse.Namespace) -> None:
    media_type = MEDIA_TYPES.get(arguments.file.suffix)
    if media_type is None:
        raise CommandError("the file's name must end with .csv or .ndjson")

    async def work(session: AsyncSession) -> None:
        with arguments.file.open("rb") as file:
            report = await import_books(
                session,
                file=file,
                media_type=media_type,
                on_error=arguments.on_error,
                user_id=None,
            )
        for error in report.errors:
            sys.stdout.write(f"line {error.line}: {error.column or 'row'}: {error.detail}\n")
        counts = ("created", "updated", "unchanged", "rejected")
        summary = " ".join(f"{name}={getattr(report, name)}" for name in counts)
        sys.stdout.write(f"{summary}\n")

    try:
        _in_transaction(work)
    except ImportRejected as problem:
        for fault in problem.members["errors"]:
            line, _, column = fault["pointer"][1:].partition("/")
            sys.stdout.write(f"line {line}: {column or 'row'}: {fault['detail']}\n")
        raise CommandError("nothing was imported: there are bad rows") from None


def _in_transaction(work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    async def run(engine: AsyncEngine) -> None:
        await migrate.require_layout(engine)
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await work(session)

    asyncio.run(_with_engine(run))


async def _with_engine(work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    engine = create_engine(current_settings())
    try:
        await work(engine)
    finally:
        await engine.dispose()


def _one_line(problem: Problem) -> str:
    errors = problem.members.get("errors", [])
    faults = (f"{e.get('pointer') or e.get('name')}: {e['detail']}" for e in errors[:10])
    return "; ".join([problem.detail, *faults])
