"""Layout version 2: the models as Django sees them, the tables as storage.md has them."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import bookstore.database
from bookstore.migrations._shop_tables import add_tables


class Migration(migrations.Migration):
    dependencies = [("bookstore", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_tables)],
            state_operations=[
                migrations.CreateModel(
                    name="PaymentEvent",
                    fields=[
                        (
                            "webhook_id",
                            models.CharField(max_length=255, primary_key=True, serialize=False),
                        ),
                        ("type", models.CharField(max_length=30)),
                        ("body", models.TextField()),
                        (
                            "received_at",
                            bookstore.database.MomentField(default=bookstore.database.now),
                        ),
                    ],
                    options={
                        "db_table": "payment_events",
                    },
                ),
                migrations.CreateModel(
                    name="Order",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("version", models.IntegerField(default=1, editable=False)),
                        (
                            "created_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "updated_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        ("cart_version", models.UUIDField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("awaiting_payment", "Awaiting Payment"),
                                    ("paid", "Paid"),
                                    ("shipped", "Shipped"),
                                    ("delivered", "Delivered"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="awaiting_payment",
                                max_length=20,
                            ),
                        ),
                        ("total_amount", models.BigIntegerField()),
                        ("captured_amount", models.BigIntegerField(default=0)),
                        ("refunded_amount", models.BigIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        ("shipping_address", bookstore.database.JsonField()),
                        ("expires_at", bookstore.database.MomentField(null=True)),
                        ("paid_at", bookstore.database.MomentField(null=True)),
                        ("shipped_at", bookstore.database.MomentField(null=True)),
                        ("delivered_at", bookstore.database.MomentField(null=True)),
                        ("cancelled_at", bookstore.database.MomentField(null=True)),
                        ("cancellation_reason", models.CharField(max_length=10, null=True)),
                        ("carrier", models.CharField(max_length=100, null=True)),
                        ("tracking_number", models.CharField(max_length=100, null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "orders",
                    },
                ),
                migrations.CreateModel(
                    name="OrderLine",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("position", models.IntegerField()),
                        ("isbn", models.CharField(max_length=13)),
                        ("title", models.CharField(max_length=500)),
                        ("quantity", models.IntegerField()),
                        ("unit_amount", models.BigIntegerField()),
                        (
                            "book",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.book",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.order",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "order_lines",
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("version", models.IntegerField(default=1, editable=False)),
                        (
                            "created_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "updated_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("captured", "Captured"),
                                    ("failed", "Failed"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("amount", models.BigIntegerField()),
                        ("refunded_amount", models.BigIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        ("payment_method", models.CharField(max_length=63)),
                        ("provider_id", models.CharField(max_length=100, null=True)),
                        ("failure_code", models.CharField(max_length=100, null=True)),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.order",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "payments",
                    },
                ),
                migrations.CreateModel(
                    name="Refund",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("succeeded", "Succeeded"),
                                    ("failed", "Failed"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("amount", models.BigIntegerField()),
                        ("reason", models.TextField(null=True)),
                        ("provider_id", models.CharField(max_length=100, null=True)),
                        (
                            "created_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "updated_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.order",
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.payment",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "refunds",
                    },
                ),
                migrations.CreateModel(
                    name="Review",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("version", models.IntegerField(default=1, editable=False)),
                        (
                            "created_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        (
                            "updated_at",
                            bookstore.database.MomentField(
                                default=bookstore.database.now, editable=False
                            ),
                        ),
                        ("rating", models.IntegerField()),
                        ("title", models.CharField(max_length=120, null=True)),
                        ("body", models.TextField(null=True)),
                        (
                            "book",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="bookstore.book",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "reviews",
                    },
                ),
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(fields=["user", "created_at", "id"], name="ix_orders_user"),
                ),
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(fields=["created_at", "id"], name="ix_orders_newest"),
                ),
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(
                        fields=["state", "created_at", "id"], name="ix_orders_state"
                    ),
                ),
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(fields=["expires_at"], name="ix_orders_expires_at"),
                ),
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(fields=["paid_at"], name="ix_orders_paid_at"),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.UniqueConstraint(
                        fields=("cart_version",), name="uq_orders_cart_version"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["awaiting_payment", "paid", "shipped", "delivered", "cancelled"],
                            )
                        ),
                        name="ck_orders_state",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("total_amount__gte", 1)), name="ck_orders_total"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("captured_amount__gte", models.F("refunded_amount")),
                            ("refunded_amount__gte", 0),
                            ("total_amount__gte", models.F("captured_amount")),
                        ),
                        name="ck_orders_money",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("paid", "shipped", "delivered")), _negated=True
                            ),
                            ("captured_amount", models.F("total_amount")),
                            _connector="OR",
                        ),
                        name="ck_orders_paid",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("cancelled_at__isnull", False), ("state", "cancelled")),
                                models.Q(
                                    models.Q(("state", "cancelled"), _negated=True),
                                    ("cancelled_at", None),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(
                                    ("shipped_at__isnull", False),
                                    ("state__in", ("shipped", "delivered")),
                                ),
                                models.Q(
                                    models.Q(
                                        ("state__in", ("shipped", "delivered")), _negated=True
                                    ),
                                    ("shipped_at", None),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                                models.Q(
                                    models.Q(("state", "delivered"), _negated=True),
                                    ("delivered_at", None),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="ck_orders_moments",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("cancellation_reason", None),
                            ("cancellation_reason__in", ("customer", "staff", "expired")),
                            _connector="OR",
                        ),
                        name="ck_orders_cancellation_reason",
                    ),
                ),
                migrations.AddIndex(
                    model_name="orderline",
                    index=models.Index(fields=["book"], name="ix_order_lines_book_id"),
                ),
                migrations.AddConstraint(
                    model_name="orderline",
                    constraint=models.UniqueConstraint(
                        fields=("order", "book"), name="uq_order_lines_order_id_book_id"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="orderline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("quantity__range", (1, 99))),
                        name="ck_order_lines_quantity",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="orderline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("unit_amount__gte", 1)),
                        name="ck_order_lines_unit_amount",
                    ),
                ),
                migrations.AddIndex(
                    model_name="payment",
                    index=models.Index(fields=["order"], name="ix_payments_order_id"),
                ),
                migrations.AddIndex(
                    model_name="payment",
                    index=models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["created_at"],
                        name="ix_payments_pending",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.UniqueConstraint(
                        fields=("provider_id",), name="uq_payments_provider_id"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status", "failed"), _negated=True),
                        fields=("order",),
                        name="uq_payments_order_id_live",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "captured", "failed"])),
                        name="ck_payments_status",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gte", 1),
                            ("refunded_amount__gte", 0),
                            ("refunded_amount__lte", models.F("amount")),
                        ),
                        name="ck_payments_money",
                    ),
                ),
                migrations.AddIndex(
                    model_name="refund",
                    index=models.Index(fields=["order"], name="ix_refunds_order_id"),
                ),
                migrations.AddIndex(
                    model_name="refund",
                    index=models.Index(fields=["payment"], name="ix_refunds_payment_id"),
                ),
                migrations.AddIndex(
                    model_name="refund",
                    index=models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["created_at"],
                        name="ix_refunds_pending",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="refund",
                    constraint=models.UniqueConstraint(
                        fields=("provider_id",), name="uq_refunds_provider_id"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="refund",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "succeeded", "failed"])),
                        name="ck_refunds_status",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="refund",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount__gte", 1)), name="ck_refunds_amount"
                    ),
                ),
                migrations.AddIndex(
                    model_name="review",
                    index=models.Index(fields=["book", "created_at", "id"], name="ix_reviews_book"),
                ),
                migrations.AddIndex(
                    model_name="review",
                    index=models.Index(fields=["user"], name="ix_reviews_user_id"),
                ),
                migrations.AddConstraint(
                    model_name="review",
                    constraint=models.UniqueConstraint(
                        fields=("book", "user"), name="uq_reviews_book_id_user_id"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="review",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("rating__range", (1, 5))), name="ck_reviews_rating"
                    ),
                ),
            ],
        )
    ]
