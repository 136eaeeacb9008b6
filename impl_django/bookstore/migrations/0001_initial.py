"""Layout version 1: the models as Django sees them, the tables as storage.md has them."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import bookstore.accounts.models
import bookstore.database
from bookstore.migrations._tables import create_tables


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create_tables)],
            state_operations=[
                migrations.CreateModel(
                    name="Book",
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
                        ("isbn", models.CharField(max_length=13)),
                        ("title", models.CharField(max_length=500)),
                        ("subtitle", models.CharField(blank=True, max_length=500, null=True)),
                        ("description", models.TextField(blank=True, null=True)),
                        ("language", models.CharField(blank=True, max_length=6, null=True)),
                        ("published_year", models.IntegerField(blank=True, null=True)),
                        ("price_amount", models.BigIntegerField()),
                        ("on_hand", models.IntegerField(default=0, editable=False)),
                        ("reserved", models.IntegerField(default=0, editable=False)),
                        ("rating_sum", models.BigIntegerField(default=0, editable=False)),
                        ("rating_count", models.IntegerField(default=0, editable=False)),
                        (
                            "rating_hundredths",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Case(
                                    models.When(rating_count=0, then=0),
                                    default=django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.Value(200), "*", models.F("rating_sum")
                                            ),
                                            "+",
                                            models.F("rating_count"),
                                        ),
                                        "/",
                                        django.db.models.expressions.CombinedExpression(
                                            models.Value(2), "*", models.F("rating_count")
                                        ),
                                    ),
                                ),
                                output_field=models.IntegerField(),
                            ),
                        ),
                        ("title_key", models.CharField(editable=False, max_length=200)),
                        ("search_text", models.TextField(editable=False)),
                    ],
                    options={
                        "db_table": "books",
                    },
                ),
                migrations.CreateModel(
                    name="BookAuthor",
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
                    ],
                    options={
                        "db_table": "book_authors",
                    },
                ),
                migrations.CreateModel(
                    name="BookCategory",
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
                    ],
                    options={
                        "db_table": "book_categories",
                    },
                ),
                migrations.CreateModel(
                    name="Category",
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
                        ("name", models.CharField(max_length=100)),
                    ],
                    options={
                        "verbose_name_plural": "categories",
                        "db_table": "categories",
                    },
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        (
                            "id",
                            models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False),
                        ),
                        ("key", models.CharField(max_length=255)),
                        ("fingerprint", models.CharField(max_length=64)),
                        ("status", models.IntegerField()),
                        ("headers", models.TextField()),
                        ("body", models.TextField()),
                        (
                            "created_at",
                            bookstore.database.MomentField(default=bookstore.database.now),
                        ),
                    ],
                    options={
                        "db_table": "idempotency_keys",
                    },
                ),
                migrations.CreateModel(
                    name="SchemaVersion",
                    fields=[
                        ("version", models.IntegerField(primary_key=True, serialize=False)),
                    ],
                    options={
                        "db_table": "schema_version",
                    },
                ),
                migrations.CreateModel(
                    name="Session",
                    fields=[
                        (
                            "id",
                            models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False),
                        ),
                        ("refresh_hash", models.CharField(max_length=64)),
                        (
                            "created_at",
                            bookstore.database.MomentField(default=bookstore.database.now),
                        ),
                        ("expires_at", bookstore.database.MomentField()),
                        ("revoked_at", bookstore.database.MomentField(null=True)),
                    ],
                    options={
                        "db_table": "sessions",
                    },
                ),
                migrations.CreateModel(
                    name="StockAdjustment",
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
                        ("delta", models.IntegerField()),
                        ("reason", models.CharField(max_length=12)),
                        ("note", models.TextField(blank=True, null=True)),
                        ("on_hand", models.IntegerField()),
                        (
                            "created_at",
                            bookstore.database.MomentField(default=bookstore.database.now),
                        ),
                    ],
                    options={
                        "db_table": "stock_adjustments",
                    },
                ),
                migrations.CreateModel(
                    name="User",
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
                        ("email", models.CharField(max_length=254)),
                        (
                            "password",
                            bookstore.accounts.models.PasswordHashField(
                                db_column="password_hash", max_length=255
                            ),
                        ),
                        ("name", models.CharField(max_length=100)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("customer", "customer"),
                                    ("staff", "staff"),
                                    ("admin", "admin"),
                                ],
                                default="customer",
                                max_length=10,
                            ),
                        ),
                        ("disabled", models.BooleanField(default=False)),
                    ],
                    options={
                        "db_table": "users",
                        "indexes": [
                            models.Index(fields=["created_at", "id"], name="ix_users_created")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("email",), name="uq_users_email"),
                            models.CheckConstraint(
                                condition=models.Q(("role__in", ("customer", "staff", "admin"))),
                                name="ck_users_role",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Author",
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
                        ("name", models.CharField(max_length=200)),
                        ("biography", models.TextField(blank=True, null=True)),
                    ],
                    options={
                        "db_table": "authors",
                        "constraints": [
                            models.UniqueConstraint(fields=("name",), name="uq_authors_name")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Cover",
                    fields=[
                        (
                            "book",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                primary_key=True,
                                serialize=False,
                                to="bookstore.book",
                            ),
                        ),
                        ("content_type", models.CharField(max_length=20)),
                        ("width", models.IntegerField()),
                        ("height", models.IntegerField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("content", models.BinaryField()),
                        (
                            "updated_at",
                            bookstore.database.MomentField(default=bookstore.database.now),
                        ),
                    ],
                    options={
                        "db_table": "covers",
                    },
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(fields=["title_key", "id"], name="ix_books_title"),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(fields=["price_amount", "id"], name="ix_books_price"),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            "published_year", models.Value(32767)
                        ),
                        models.F("id"),
                        name="ix_books_year_asc",
                    ),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            "published_year", models.Value(-32768)
                        ),
                        models.F("id"),
                        name="ix_books_year_desc",
                    ),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(fields=["rating_hundredths", "id"], name="ix_books_rating"),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(fields=["created_at", "id"], name="ix_books_newest"),
                ),
                migrations.AddIndex(
                    model_name="book",
                    index=models.Index(fields=["language"], name="ix_books_language"),
                ),
                migrations.AddConstraint(
                    model_name="book",
                    constraint=models.UniqueConstraint(fields=("isbn",), name="uq_books_isbn"),
                ),
                migrations.AddConstraint(
                    model_name="book",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("price_amount__range", (1, 99999999))),
                        name="ck_books_price",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="book",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("on_hand__lte", 999999999),
                            ("reserved__gte", 0),
                            ("reserved__lte", models.F("on_hand")),
                        ),
                        name="ck_books_stock",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="book",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("published_year", None),
                            ("published_year__range", (-3000, 2100)),
                            _connector="OR",
                        ),
                        name="ck_books_year",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="book",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("rating_count__gte", 0),
                            (
                                "rating_sum__range",
                                (
                                    models.F("rating_count"),
                                    django.db.models.expressions.CombinedExpression(
                                        models.Value(5), "*", models.F("rating_count")
                                    ),
                                ),
                            ),
                        ),
                        name="ck_books_rating",
                    ),
                ),
                migrations.AddField(
                    model_name="bookauthor",
                    name="author",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="bookstore.author",
                    ),
                ),
                migrations.AddField(
                    model_name="bookauthor",
                    name="book",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="bookstore.book",
                    ),
                ),
                migrations.AddField(
                    model_name="bookcategory",
                    name="book",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="bookstore.book",
                    ),
                ),
                migrations.AddField(
                    model_name="category",
                    name="parent",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="children",
                        to="bookstore.category",
                    ),
                ),
                migrations.AddField(
                    model_name="bookcategory",
                    name="category",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="bookstore.category",
                    ),
                ),
                migrations.AddField(
                    model_name="idempotencykey",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="session",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="stockadjustment",
                    name="book",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="bookstore.book",
                    ),
                ),
                migrations.AddField(
                    model_name="stockadjustment",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("content_type__in", ("image/png", "image/jpeg", "image/webp"))
                        ),
                        name="ck_covers_content_type",
                    ),
                ),
                migrations.AddIndex(
                    model_name="bookauthor",
                    index=models.Index(fields=["author"], name="ix_book_authors_author_id"),
                ),
                migrations.AddConstraint(
                    model_name="bookauthor",
                    constraint=models.UniqueConstraint(
                        fields=("book", "author"), name="uq_book_authors_book_id_author_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="category",
                    index=models.Index(fields=["parent"], name="ix_categories_parent_id"),
                ),
                migrations.AddConstraint(
                    model_name="category",
                    constraint=models.UniqueConstraint(fields=("name",), name="uq_categories_name"),
                ),
                migrations.AddConstraint(
                    model_name="category",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="ck_categories_parent",
                    ),
                ),
                migrations.AddIndex(
                    model_name="bookcategory",
                    index=models.Index(fields=["category"], name="ix_book_categories_category_id"),
                ),
                migrations.AddConstraint(
                    model_name="bookcategory",
                    constraint=models.UniqueConstraint(
                        fields=("book", "category"), name="uq_book_categories_book_id_category_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="idempotencykey",
                    index=models.Index(
                        fields=["created_at"], name="ix_idempotency_keys_created_at"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="idempotencykey",
                    constraint=models.UniqueConstraint(
                        fields=("user", "key"), name="uq_idempotency_keys_user_id_key"
                    ),
                ),
                migrations.AddIndex(
                    model_name="session",
                    index=models.Index(fields=["user"], name="ix_sessions_user_id"),
                ),
                migrations.AddIndex(
                    model_name="stockadjustment",
                    index=models.Index(
                        fields=["book", "created_at", "id"], name="ix_stock_adjustments_book"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="stockadjustment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("delta", 0), _negated=True),
                        name="ck_stock_adjustments_delta",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="stockadjustment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                (
                                    "received",
                                    "returned",
                                    "damaged",
                                    "lost",
                                    "correction",
                                    "import",
                                    "shipped",
                                ),
                            )
                        ),
                        name="ck_stock_adjustments_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="stockadjustment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("on_hand__gte", 0)), name="ck_stock_adjustments_on_hand"
                    ),
                ),
            ],
        )
    ]
