"""The tables that layout version 2 adds, as SQL, for the reasons given in `_tables`."""

from typing import Any

from bookstore.migrations._tables import STAMPS, statements

TABLES = f"""
CREATE TABLE reviews (
    id {{uuid}} NOT NULL CONSTRAINT pk_reviews PRIMARY KEY,
    book_id {{uuid}} NOT NULL CONSTRAINT fk_reviews_book_id REFERENCES books (id) ON DELETE CASCADE,
    user_id {{uuid}} NOT NULL CONSTRAINT fk_reviews_user_id REFERENCES users (id) ON DELETE CASCADE,
    rating integer NOT NULL,
    title varchar(120),
    body text,
    {STAMPS},
    CONSTRAINT uq_reviews_book_id_user_id UNIQUE (book_id, user_id),
    CONSTRAINT ck_reviews_rating CHECK (rating BETWEEN 1 AND 5)
);
CREATE INDEX ix_reviews_book ON reviews (book_id, created_at, id);
CREATE INDEX ix_reviews_user_id ON reviews (user_id);

CREATE TABLE orders (
    id {{uuid}} NOT NULL CONSTRAINT pk_orders PRIMARY KEY,
    user_id {{uuid}} NOT NULL CONSTRAINT fk_orders_user_id REFERENCES users (id) ON DELETE RESTRICT,
    cart_version {{uuid}},
    state varchar(20) NOT NULL,
    total_amount bigint NOT NULL,
    captured_amount bigint NOT NULL,
    refunded_amount bigint NOT NULL,
    currency varchar(3) NOT NULL,
    shipping_address text NOT NULL,
    expires_at {{time}},
    paid_at {{time}},
    shipped_at {{time}},
    delivered_at {{time}},
    cancelled_at {{time}},
    cancellation_reason varchar(10),
    carrier varchar(100),
    tracking_number varchar(100),
    {STAMPS},
    CONSTRAINT uq_orders_cart_version UNIQUE (cart_version),
    CONSTRAINT ck_orders_state CHECK (
        state IN ('awaiting_payment', 'paid', 'shipped', 'delivered', 'cancelled')
    ),
    CONSTRAINT ck_orders_total CHECK (total_amount >= 1),
    CONSTRAINT ck_orders_money CHECK (
        0 <= refunded_amount AND refunded_amount <= captured_amount
            AND captured_amount <= total_amount
    ),
    CONSTRAINT ck_orders_paid CHECK (
        state NOT IN ('paid', 'shipped', 'delivered') OR captured_amount = total_amount
    ),
    CONSTRAINT ck_orders_moments CHECK (
        (state = 'cancelled') = (cancelled_at IS NOT NULL)
        AND (state IN ('shipped', 'delivered')) = (shipped_at IS NOT NULL)
        AND (state = 'delivered') = (delivered_at IS NOT NULL)
    ),
    CONSTRAINT ck_orders_cancellation_reason CHECK (
        cancellation_reason IS NULL OR cancellation_reason IN ('customer', 'staff', 'expired')
    )
);
CREATE INDEX ix_orders_user ON orders (user_id, created_at, id);
CREATE INDEX ix_orders_newest ON orders (created_at, id);
CREATE INDEX ix_orders_state ON orders (state, created_at, id);
CREATE INDEX ix_orders_expires_at ON orders (expires_at);
CREATE INDEX ix_orders_paid_at ON orders (paid_at);

CREATE TABLE order_lines (
    id {{uuid}} NOT NULL CONSTRAINT pk_order_lines PRIMARY KEY,
    order_id {{uuid}} NOT NULL
        CONSTRAINT fk_order_lines_order_id REFERENCES orders (id) ON DELETE CASCADE,
    position integer NOT NULL,
    book_id {{uuid}} NOT NULL
        CONSTRAINT fk_order_lines_book_id REFERENCES books (id) ON DELETE RESTRICT,
    isbn varchar(13) NOT NULL,
    title varchar(500) NOT NULL,
    quantity integer NOT NULL,
    unit_amount bigint NOT NULL,
    CONSTRAINT uq_order_lines_order_id_book_id UNIQUE (order_id, book_id),
    CONSTRAINT ck_order_lines_quantity CHECK (quantity BETWEEN 1 AND 99),
    CONSTRAINT ck_order_lines_unit_amount CHECK (unit_amount >= 1)
);
CREATE INDEX ix_order_lines_book_id ON order_lines (book_id);

CREATE TABLE payments (
    id {{uuid}} NOT NULL CONSTRAINT pk_payments PRIMARY KEY,
    order_id {{uuid}} NOT NULL
        CONSTRAINT fk_payments_order_id REFERENCES orders (id) ON DELETE RESTRICT,
    status varchar(10) NOT NULL,
    amount bigint NOT NULL,
    refunded_amount bigint NOT NULL,
    currency varchar(3) NOT NULL,
    payment_method varchar(63) NOT NULL,
    provider_id varchar(100),
    failure_code varchar(100),
    {STAMPS},
    CONSTRAINT uq_payments_provider_id UNIQUE (provider_id),
    CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'captured', 'failed')),
    CONSTRAINT ck_payments_money CHECK (
        amount >= 1 AND 0 <= refunded_amount AND refunded_amount <= amount
    )
);
CREATE UNIQUE INDEX uq_payments_order_id_live ON payments (order_id) WHERE status <> 'failed';
CREATE INDEX ix_payments_order_id ON payments (order_id);
CREATE INDEX ix_payments_pending ON payments (created_at) WHERE status = 'pending';

CREATE TABLE refunds (
    id {{uuid}} NOT NULL CONSTRAINT pk_refunds PRIMARY KEY,
    order_id {{uuid}} NOT NULL
        CONSTRAINT fk_refunds_order_id REFERENCES orders (id) ON DELETE RESTRICT,
    payment_id {{uuid}} NOT NULL
        CONSTRAINT fk_refunds_payment_id REFERENCES payments (id) ON DELETE RESTRICT,
    status varchar(10) NOT NULL,
    amount bigint NOT NULL,
    reason text,
    provider_id varchar(100),
    user_id {{uuid}} CONSTRAINT fk_refunds_user_id REFERENCES users (id) ON DELETE SET NULL,
    created_at {{time}} NOT NULL,
    updated_at {{time}} NOT NULL,
    CONSTRAINT uq_refunds_provider_id UNIQUE (provider_id),
    CONSTRAINT ck_refunds_status CHECK (status IN ('pending', 'succeeded', 'failed')),
    CONSTRAINT ck_refunds_amount CHECK (amount >= 1)
);
CREATE INDEX ix_refunds_order_id ON refunds (order_id);
CREATE INDEX ix_refunds_payment_id ON refunds (payment_id);
CREATE INDEX ix_refunds_pending ON refunds (created_at) WHERE status = 'pending';

CREATE TABLE payment_events (
    webhook_id varchar(255) NOT NULL CONSTRAINT pk_payment_events PRIMARY KEY,
    type varchar(30) NOT NULL,
    body text NOT NULL,
    received_at {{time}} NOT NULL
);

UPDATE schema_version SET version = 2;
"""  # noqa: S608 -- it is built from constants


def add_tables(_apps: Any, schema_editor: Any) -> None:
    """Make what version 1 does not have, and raise the row that names the layout's version."""
    for statement in statements(schema_editor.connection.vendor, TABLES):
        schema_editor.execute(statement, None)
