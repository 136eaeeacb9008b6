"""The SQL of the floors. psycopg's `RawCursor` and asyncpg both take PostgreSQL's `$1`."""

OPTIONS = {"timezone": "UTC", "lock_timeout": "10s", "plan_cache_mode": "force_custom_plan"}
"""Session settings, as the implementations have them: they decide how a search is planned."""

_SUMMARY = """
    books.id, isbn, title, subtitle, language, published_year, price_amount, on_hand, reserved,
    rating_hundredths, rating_count, created_at,
    EXISTS (SELECT * FROM covers WHERE covers.book_id = books.id) AS has_cover
"""

BOOK = f"SELECT {_SUMMARY}, description, version, updated_at FROM books WHERE books.id = $1"  # noqa: S608 -- only constants

BOOKS = f"SELECT {_SUMMARY} FROM books ORDER BY created_at DESC, books.id DESC LIMIT $1"  # noqa: S608 -- only constants

FOUND_BOOKS = (
    f"SELECT {_SUMMARY} FROM books WHERE search_text LIKE $1 "  # noqa: S608 -- only constants
    "ORDER BY created_at DESC, books.id DESC LIMIT $2"
)

AUTHORS_OF = """
    SELECT book_authors.book_id, authors.id, authors.name
    FROM book_authors JOIN authors ON authors.id = book_authors.author_id
    WHERE book_authors.book_id = ANY ($1)
    ORDER BY book_authors.book_id, book_authors.position
"""

CATEGORIES_OF = """
    SELECT categories.id, categories.name
    FROM categories JOIN book_categories ON book_categories.category_id = categories.id
    WHERE book_categories.book_id = $1
    ORDER BY categories.name
"""

CALLER = """
    SELECT users.id, users.email, users.name, users.role, users.disabled, users.version,
           users.created_at, users.updated_at
    FROM users JOIN sessions ON sessions.user_id = users.id
    WHERE users.id = $1 AND sessions.id = $2
      AND sessions.revoked_at IS NULL AND NOT users.disabled
"""

CREDENTIALS = "SELECT id, password_hash, disabled FROM users WHERE email = $1"

START_SESSION = """
    INSERT INTO sessions (id, user_id, refresh_hash, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5)
"""

CLAIM_KEY = """
    INSERT INTO idempotency_keys (id, user_id, key, fingerprint, status, headers, body, created_at)
    VALUES ($1, $2, $3, $4, 0, '{}', '', $5)
    ON CONFLICT (user_id, key) DO NOTHING RETURNING id
"""

LOCK_BOOKS = """
    SELECT id, isbn, title, price_amount, on_hand, reserved FROM books
    WHERE id = ANY ($1) ORDER BY id FOR UPDATE
"""

RESERVE_COPIES = """
    UPDATE books SET reserved = reserved + wanted.quantity, version = version + 1
    FROM unnest($1::uuid[], $2::int[]) AS wanted (id, quantity) WHERE books.id = wanted.id
"""

INSERT_ORDER = """
    INSERT INTO orders (id, user_id, cart_version, state, total_amount, captured_amount,
                        refunded_amount, currency, shipping_address, expires_at, version,
                        created_at, updated_at)
    VALUES ($1, $2, $3, 'awaiting_payment', $4, 0, 0, $5, $6, $7, 1, $8, $8)
"""

INSERT_LINES = """
    INSERT INTO order_lines (id, order_id, position, book_id, isbn, title, quantity, unit_amount)
    SELECT id, $1, position, book_id, isbn, title, quantity, unit_amount
    FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::bigint[])
         AS line (id, position, book_id, isbn, title, quantity, unit_amount)
"""

KEEP_ANSWER = "UPDATE idempotency_keys SET status = $2, headers = $3, body = $4 WHERE id = $1"
