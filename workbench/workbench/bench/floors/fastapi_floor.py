"""The floor of FastAPI, on asyncpg."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypedDict
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, Header, Request, Response
from pydantic_core import to_json
from redis import asyncio as redis
from starlette.concurrency import run_in_threadpool

from workbench.bench.floors import answers, placement, statements, tokens
from workbench.bench.floors.answers import LIMIT, PRIVATE, PUBLIC, Row, headers


class State(TypedDict):
    """What the application opens when it starts; `request.state` has it."""

    pool: Any
    store: Any


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[State]:
    async with (
        asyncpg.create_pool(
            os.environ["BOOKSTORE_DATABASE_URL"],
            min_size=1,
            server_settings=statements.OPTIONS,
            reset=_keep,
        ) as pool,
        redis.Redis.from_url(os.environ["BOOKSTORE_REDIS_URL"]) as store,
    ):
        yield {"pool": pool, "store": store}


async def _keep(_connection: Any) -> None:  # asyncpg has no types
    """Return a connection to the pool as it is: a reset would cost a round trip each time."""


app = FastAPI(lifespan=_lifespan, openapi_url=None)


@app.get("/health/live")
async def live() -> Response:
    """Return getLiveness's answer."""
    return Response(to_json(answers.LIVE), headers=headers(PUBLIC))


@app.get("/books/{book_id}")
async def get_book(
    request: Request, book_id: UUID, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Return getBook's answer. A 304 needs the first statement alone: that row has the version."""
    async with request.state.pool.acquire() as connection:
        book = await connection.fetchrow(statements.BOOK, book_id)
        tag = answers.version_tag(book)
        if if_none_match == tag:
            unchanged = answers.not_modified(tag)
            return Response(status_code=unchanged.status, headers=unchanged.headers)
        authors = await connection.fetch(statements.AUTHORS_OF, [book_id])
        categories = await connection.fetch(statements.CATEGORIES_OF, book_id)
    shown = answers.book(book, authors, categories)
    return Response(to_json(shown), headers=headers(PUBLIC, ETag=tag))


@app.get("/books")
async def list_books(request: Request, q: str | None = None) -> Response:
    """Return listBooks's answer, with or without a word to search for."""
    async with request.state.pool.acquire() as connection:
        if q:
            pattern = answers.search_pattern(q)
            books = await connection.fetch(statements.FOUND_BOOKS, pattern, LIMIT + 1)
        else:
            books = await connection.fetch(statements.BOOKS, LIMIT + 1)
        authors = await connection.fetch(statements.AUTHORS_OF, [book["id"] for book in books])
    return Response(to_json(answers.page(books, authors)), headers=headers(PUBLIC))


async def _caller(connection: Any, authorization: str) -> Row:
    ids = tokens.user_and_session(authorization)
    row: Row = await connection.fetchrow(statements.CALLER, *ids)
    return row


@app.get("/users/me")
async def get_me(request: Request, authorization: Annotated[str, Header()]) -> Response:
    """Return getMe's answer. One statement finds the session and the account."""
    async with request.state.pool.acquire() as connection:
        user = await _caller(connection, authorization)
    return Response(to_json(answers.user(user)), headers=headers(ETag=answers.version_tag(user)))


@app.post("/auth/login")
async def login(request: Request) -> Response:
    """Return login's answer to a good password, which a thread checks: that takes long."""
    credentials = json.loads(await request.body())
    email, store = credentials["email"].lower(), request.state.store
    address = request.client.host if request.client else ""
    failures = await store.mget(tokens.account_key(email), tokens.address_key(address))
    async with request.state.pool.acquire() as connection:
        user = await connection.fetchrow(statements.CREDENTIALS, email)
        await run_in_threadpool(
            tokens.verify_password, user["password_hash"], credentials["password"]
        )
        if failures[0]:
            await store.delete(tokens.account_key(email))
        session_id, now = uuid4(), datetime.now(UTC)
        token, token_hash = tokens.refresh_token(session_id)
        ends = now + timedelta(seconds=tokens.REFRESH_SECONDS)
        session = (session_id, user["id"], token_hash, now, ends)
        await connection.execute(statements.START_SESSION, *session)
    pair = answers.token_pair(user["id"], session_id, token)
    return Response(to_json(pair), headers=headers())


@app.post("/orders")
async def place_order(
    request: Request,
    authorization: Annotated[str, Header()],
    idempotency_key: Annotated[str, Header()],
) -> Response:
    """Return placeOrder's answer, from a good cart and under a key that is new."""
    store, body = request.state.store, await request.body()
    async with request.state.pool.acquire() as connection:
        user = await _caller(connection, authorization)
        cart_key = placement.cart_key(user["id"])
        cart = await store.get(cart_key)
        asked = placement.Request.of(user["id"], idempotency_key, body, cart)
        async with connection.transaction():
            claim_id = uuid4()
            await connection.fetchrow(statements.CLAIM_KEY, *asked.claim(claim_id))
            books = await connection.fetch(statements.LOCK_BOOKS, asked.book_ids)
            order = placement.Order.of(asked, books)
            await connection.execute(statements.RESERVE_COPIES, asked.book_ids, asked.quantities)
            await connection.execute(statements.INSERT_ORDER, *order.row)
            await connection.execute(statements.INSERT_LINES, *order.lines)
            sent = headers(PRIVATE, ETag='"v1"', Location=f"/orders/{order.id}")
            shown = to_json(order.shown())
            kept = (claim_id, 201, json.dumps(sent), shown.decode())
            await connection.execute(statements.KEEP_ANSWER, *kept)
    await store.eval(placement.DISCARD_CART, 1, cart_key, str(order.cart_version))
    return Response(shown, 201, sent)
