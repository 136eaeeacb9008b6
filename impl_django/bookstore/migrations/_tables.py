"""The tables of layout version 1 in SQL: implementations without Django share them (storage.md).

Django 5.2 writes neither `ON DELETE` nor the name of a primary or foreign key, and SQLite cannot
add them to a table. So the migration states the models, and this module creates the tables.
"""

from collections.abc import Iterator
from typing import Any

# What differs between the two, by the words of storage.md
POSTGRESQL = {
    "uuid": "uuid",
    "time": "timestamptz",
    "bytes": "bytea",
    "bool": "boolean",
    "C": ' COLLATE "C"',
}
SQLITE = {"uuid": "char(32)", "time": "datetime", "bytes": "blob", "bool": "bool", "C": ""}

STAMPS = "version integer NOT NULL, created_at {time} NOT NULL, updated_at {time} NOT NULL"

TABLES = f"""
CREATE TABLE schema_version (
    version integer NOT NULL CONSTRAINT pk_schema_version PRIMARY KEY
);

CREATE TABLE users (
    id {{uuid}} NOT NULL CONSTRAINT pk_users PRIMARY KEY,
    email varchar(254) NOT NULL,
    password_hash varchar(255) NOT NULL,
    name varchar(100) NOT NULL,
    role varchar(10) NOT NULL,
    disabled {{bool}} NOT NULL,
    {STAMPS},
    CONSTRAINT uq_users_email UNIQUE (email),
    CONSTRAINT ck_users_role CHECK (role IN ('customer', 'staff', 'admin'))
);
CREATE INDEX ix_users_created ON users (created_at, id);

CREATE TABLE sessions (
    id {{uuid}} NOT NULL CONSTRAINT pk_sessions PRIMARY KEY,
    user_id {{uuid}} NOT NULL
        CONSTRAINT fk_sessions_user_id REFERENCES users (id) ON DELETE CASCADE,
    refresh_hash varchar(64) NOT NULL,
    created_at {{time}} NOT NULL,
    expires_at {{time}} NOT NULL,
    revoked_at {{time}}
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE authors (
    id {{uuid}} NOT NULL CONSTRAINT pk_authors PRIMARY KEY,
    name varchar(200){{C}} NOT NULL,
    biography text,
    {STAMPS},
    CONSTRAINT uq_authors_name UNIQUE (name)
);

CREATE TABLE categories (
    id {{uuid}} NOT NULL CONSTRAINT pk_categories PRIMARY KEY,
    name varchar(100){{C}} NOT NULL,
    parent_id {{uuid}}
        CONSTRAINT fk_categories_parent_id REFERENCES categories (id) ON DELETE RESTRICT,
    {STAMPS},
    CONSTRAINT uq_categories_name UNIQUE (name),
    CONSTRAINT ck_categories_parent CHECK (parent_id <> id)
);
CREATE INDEX ix_categories_parent_id ON categories (parent_id);

CREATE TABLE books (
    id {{uuid}} NOT NULL CONSTRAINT pk_books PRIMARY KEY,
    isbn varchar(13){{C}} NOT NULL,
    title varchar(500) NOT NULL,
    subtitle varchar(500),
    description text,
    language varchar(6),
    published_year integer,
    price_amount bigint NOT NULL,
    on_hand integer NOT NULL,
    reserved integer NOT NULL,
    rating_sum bigint NOT NULL,
    rating_count integer NOT NULL,
    rating_hundredths integer GENERATED ALWAYS AS (
        CASE WHEN rating_count = 0 THEN 0
            ELSE (200 * rating_sum + rating_count) / (2 * rating_count) END
    ) STORED NOT NULL,
    title_key varchar(200){{C}} NOT NULL,
    search_text text NOT NULL,
    {STAMPS},
    CONSTRAINT uq_books_isbn UNIQUE (isbn),
    CONSTRAINT ck_books_price CHECK (price_amount BETWEEN 1 AND 99999999),
    CONSTRAINT ck_books_stock
        CHECK (0 <= reserved AND reserved <= on_hand AND on_hand <= 999999999),
    CONSTRAINT ck_books_year
        CHECK (published_year IS NULL OR published_year BETWEEN -3000 AND 2100),
    CONSTRAINT ck_books_rating CHECK (
        rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count
    )
);
CREATE INDEX ix_books_title ON books (title_key, id);
CREATE INDEX ix_books_price ON books (price_amount, id);
CREATE INDEX ix_books_year_asc ON books (coalesce(published_year, 32767), id);
CREATE INDEX ix_books_year_desc ON books (coalesce(published_year, -32768), id);
CREATE INDEX ix_books_rating ON books (rating_hundredths, id);
CREATE INDEX ix_books_newest ON books (created_at, id);
CREATE INDEX ix_books_language ON books (language);

CREATE TABLE book_authors (
    id {{uuid}} NOT NULL CONSTRAINT pk_book_authors PRIMARY KEY,
    book_id {{uuid}} NOT NULL
        CONSTRAINT fk_book_authors_book_id REFERENCES books (id) ON DELETE CASCADE,
    author_id {{uuid}} NOT NULL
        CONSTRAINT fk_book_authors_author_id REFERENCES authors (id) ON DELETE RESTRICT,
    position integer NOT NULL,
    CONSTRAINT uq_book_authors_book_id_author_id UNIQUE (book_id, author_id)
);
CREATE INDEX ix_book_authors_author_id ON book_authors (author_id);

CREATE TABLE book_categories (
    id {{uuid}} NOT NULL CONSTRAINT pk_book_categories PRIMARY KEY,
    book_id {{uuid}} NOT NULL
        CONSTRAINT fk_book_categories_book_id REFERENCES books (id) ON DELETE CASCADE,
    category_id {{uuid}} NOT NULL
        CONSTRAINT fk_book_categories_category_id REFERENCES categories (id) ON DELETE RESTRICT,
    CONSTRAINT uq_book_categories_book_id_category_id UNIQUE (book_id, category_id)
);
CREATE INDEX ix_book_categories_category_id ON book_categories (category_id);

CREATE TABLE covers (
    book_id {{uuid}} NOT NULL CONSTRAINT pk_covers PRIMARY KEY
        CONSTRAINT fk_covers_book_id REFERENCES books (id) ON DELETE CASCADE,
    content_type varchar(20) NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    sha256 varchar(64) NOT NULL,
    content {{bytes}} NOT NULL,
    updated_at {{time}} NOT NULL,
    CONSTRAINT ck_covers_content_type
        CHECK (content_type IN ('image/png', 'image/jpeg', 'image/webp'))
);

CREATE TABLE stock_adjustments (
    id {{uuid}} NOT NULL CONSTRAINT pk_stock_adjustments PRIMARY KEY,
    book_id {{uuid}} NOT NULL
        CONSTRAINT fk_stock_adjustments_book_id REFERENCES books (id) ON DELETE CASCADE,
    delta integer NOT NULL,
    reason varchar(12) NOT NULL,
    note text,
    on_hand integer NOT NULL,
    user_id {{uuid}}
        CONSTRAINT fk_stock_adjustments_user_id REFERENCES users (id) ON DELETE SET NULL,
    created_at {{time}} NOT NULL,
    CONSTRAINT ck_stock_adjustments_delta CHECK (delta <> 0),
    CONSTRAINT ck_stock_adjustments_reason CHECK (
        reason IN ('received', 'returned', 'damaged', 'lost', 'correction', 'import', 'shipped')
    ),
    CONSTRAINT ck_stock_adjustments_on_hand CHECK (on_hand >= 0)
);
CREATE INDEX ix_stock_adjustments_book ON stock_adjustments (book_id, created_at, id);

CREATE TABLE idempotency_keys (
    id {{uuid}} NOT NULL CONSTRAINT pk_idempotency_keys PRIMARY KEY,
    user_id {{uuid}} NOT NULL
        CONSTRAINT fk_idempotency_keys_user_id REFERENCES users (id) ON DELETE CASCADE,
    key varchar(255) NOT NULL,
    fingerprint varchar(64) NOT NULL,
    status integer NOT NULL,
    headers text NOT NULL,
    body text NOT NULL,
    created_at {{time}} NOT NULL,
    CONSTRAINT uq_idempotency_keys_user_id_key UNIQUE (user_id, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

INSERT INTO schema_version (version) VALUES (1);
"""  # noqa: S608 -- it is built from constants

SEARCH_INDEX = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ix_books_search ON books USING gin (search_text gin_trgm_ops);
"""


def create_tables(_apps: Any, schema_editor: Any) -> None:
    """Make every table, with the row that names the layout's version."""
    vendor = schema_editor.connection.vendor
    for statement in statements(
        vendor, TABLES + SEARCH_INDEX if vendor == "postgresql" else TABLES
    ):
        schema_editor.execute(statement, None)


def statements(vendor: str, script: str) -> Iterator[str]:
    """The statements of `script` in the words of `vendor`."""
    words = POSTGRESQL if vendor == "postgresql" else SQLITE
    for statement in script.format(**words).split(";\n"):
        if statement.strip():
            yield statement.strip()
