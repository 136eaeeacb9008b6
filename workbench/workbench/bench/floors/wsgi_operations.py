"""The operations of the two WSGI floors, which differ by their framework alone."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import redis

from workbench.bench.floors import answers, placement, statements, tokens
from workbench.bench.floors.answers import LIMIT, PRIVATE, PUBLIC, Answer, Row, headers
from workbench.bench.floors.connections import Connection, Pool

_pool = Pool()
_store = redis.Redis.from_url(os.environ["BOOKSTORE_REDIS_URL"])
_discard_cart = _store.register_script(placement.DISCARD_CART)


def _json(value: Any) -> bytes:  # JSON is anything
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _rows(connection: Connection, statement: str, *parameters: object) -> list[Any]:
    return connection.execute(statement, parameters).fetchall()


def live() -> Answer:
    """Serve getLiveness without the database."""
    return Answer(_json(answers.LIVE), headers(PUBLIC))


def get_book(book_id: UUID, known_tag: str | None) -> Answer:
    """Serve getBook. A 304 needs the first statement alone, because that row has the version."""
    with _pool.connection() as connection:
        (book,) = _rows(connection, statements.BOOK, book_id)
        tag = answers.version_tag(book)
        if known_tag == tag:
            return answers.not_modified(tag)
        authors = _rows(connection, statements.AUTHORS_OF, [book_id])
        categories = _rows(connection, statements.CATEGORIES_OF, book_id)
    return Answer(_json(answers.book(book, authors, categories)), headers(PUBLIC, ETag=tag))


def list_books(q: str | None) -> Answer:
    """Serve listBooks, with or without a word to search for."""
    with _pool.connection() as connection:
        if q:
            pattern = answers.search_pattern(q)
            books = _rows(connection, statements.FOUND_BOOKS, pattern, LIMIT + 1)
        else:
            books = _rows(connection, statements.BOOKS, LIMIT + 1)
        ids = [book["id"] for book in books]
        authors = _rows(connection, statements.AUTHORS_OF, ids)
    return Answer(_json(answers.page(books, authors)), headers(PUBLIC))


def _caller(connection: Connection, authorization: str) -> Row:
    (user,) = _rows(connection, statements.CALLER, *tokens.user_and_session(authorization))
    found: Row = user
    return found


def get_me(authorization: str) -> Answer:
    """Serve getMe. One statement finds the session and the account."""
    with _pool.connection() as connection:
        user = _caller(connection, authorization)
    return Answer(_json(answers.user(user)), headers(ETag=answers.version_tag(user)))


def login(body: bytes, address: str) -> Answer:
    """Serve login, with a good password."""
    credentials = json.loads(body)
    email = credentials["email"].lower()
    failures = _store.mget(tokens.account_key(email), tokens.address_key(address))
    with _pool.connection() as connection:
        (user,) = _rows(connection, statements.CREDENTIALS, email)
        tokens.verify_password(user["password_hash"], credentials["password"])
        if failures[0]:
            _store.delete(tokens.account_key(email))
        session_id, now = uuid4(), datetime.now(UTC)
        token, token_hash = tokens.refresh_token(session_id)
        ends = now + timedelta(seconds=tokens.REFRESH_SECONDS)
        connection.execute(
            statements.START_SESSION, (session_id, user["id"], token_hash, now, ends)
        )
    return Answer(_json(answers.token_pair(user["id"], session_id, token)), headers())


def place_order(authorization: str, key: str, body: bytes) -> Answer:
    """Serve placeOrder, from a good cart and under a key that is new."""
    with _pool.connection() as connection:
        user = _caller(connection, authorization)
        cart_key = placement.cart_key(user["id"])
        cart: Any = _store.get(cart_key)
        request = placement.Request.of(user["id"], key, body, cart)
        with connection.transaction():
            claim_id = uuid4()
            (_claimed,) = _rows(connection, statements.CLAIM_KEY, *request.claim(claim_id))
            books = _rows(connection, statements.LOCK_BOOKS, request.book_ids)
            order = placement.Order.of(request, books)
            connection.execute(statements.RESERVE_COPIES, (request.book_ids, request.quantities))
            connection.execute(statements.INSERT_ORDER, order.row)
            connection.execute(statements.INSERT_LINES, order.lines)
            sent = headers(PRIVATE, ETag='"v1"', Location=f"/orders/{order.id}")
            answer = Answer(_json(order.shown()), sent, 201)
            kept = (claim_id, answer.status, json.dumps(sent), answer.body.decode())
            connection.execute(statements.KEEP_ANSWER, kept)
    _discard_cart(keys=[cart_key], args=[str(order.cart_version)])
    return answer
