"""The rules of the catalogue; each is one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from ..database import lock_category_tree, now, unique
from ..errors import (
    AuthorInUse,
    BookOrdered,
    CategoryCycle,
    CategoryInUse,
    FieldError,
    IsbnTaken,
    NameTaken,
    ValidationFailed,
)
from ..http import require_match, version_tag
from ..text import search_text, title_key
from .locks import lock_book, lock_renamed, lock_row
from .models import Author, Book, BookAuthor, BookCategory, Category

LINE = """
    WITH RECURSIVE line(id, parent_id) AS (
        SELECT id, parent_id FROM categories WHERE id = %s
        UNION SELECT categories.id, categories.parent_id
        FROM categories JOIN line ON categories.id = line.parent_id
    ) SELECT id FROM line
"""


def create_author(*, name: str, biography: str | None = None) -> Author:
    """Add an author.

    Raises:
        NameTaken: there is one with this name.
    """
    with unique(NameTaken):
        return Author.objects.create(name=name, biography=biography)


@transaction.atomic
def update_author(*, author_id: UUID, changes: dict[str, Any], if_match: str | None) -> Author:
    """Change an author; their books are found under the new name at once.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        NameTaken: there is another one with this name.
    """
    author, books = lock_renamed(
        changes, Author, author_id, BookAuthor.objects.filter(author=author_id)
    )
    require_match(if_match, version_tag(author.version))
    renamed = changes.get("name", author.name) != author.name
    with unique(NameTaken):
        _change(author, changes)
    if renamed:
        _renew_search_text(books)
    return author


@transaction.atomic
def delete_author(*, author_id: UUID, if_match: str | None) -> None:
    """Remove an author.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        AuthorInUse: books refer to them.
    """
    author = lock_row(Author, author_id)
    require_match(if_match, version_tag(author.version))
    try:
        author.delete()
    except IntegrityError:
        raise AuthorInUse from None


@transaction.atomic
def create_category(*, name: str, parent_id: UUID | None = None) -> Category:
    """Add a category.

    Raises:
        ValidationFailed: the parent is unknown.
        NameTaken: there is one with this name.
    """
    _require_parent(parent_id)
    with unique(NameTaken):
        return Category.objects.create(name=name, parent_id=parent_id)


@transaction.atomic
def update_category(
    *, category_id: UUID, changes: dict[str, Any], if_match: str | None
) -> Category:
    """Rename or move a category.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        ValidationFailed: the new parent is unknown.
        CategoryCycle: it is the category itself or below it.
        NameTaken: there is another one with this name.
    """
    lock_category_tree()
    links = BookCategory.objects.filter(category=category_id)
    category, books = lock_renamed(changes, Category, category_id, links)
    require_match(if_match, version_tag(category.version))
    if (parent_id := changes.get("parent_id")) is not None:
        _require_parent(parent_id)
        if category_id in _line_of(parent_id):
            raise CategoryCycle
    renamed = changes.get("name", category.name) != category.name
    with unique(NameTaken):
        _change(category, changes)
    if renamed:
        Book.objects.filter(id__in=[book.id for book in books]).update(version=F("version") + 1)
    return category


@transaction.atomic
def delete_category(*, category_id: UUID, if_match: str | None) -> None:
    """Remove an empty category.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        CategoryInUse: books or subcategories refer to it.
    """
    category = lock_row(Category, category_id)
    require_match(if_match, version_tag(category.version))
    try:
        category.delete()
    except IntegrityError:
        raise CategoryInUse from None


@transaction.atomic
def create_book(
    *,
    title: str,
    author_ids: list[UUID],
    category_ids: Sequence[UUID] = (),
    subtitle: str | None = None,
    **rest: Any,
) -> Book:
    """Add a book without stock.

    Raises:
        ValidationFailed: naming every unknown author and category.
        IsbnTaken: there is a book with this ISBN.
    """
    names = _require_references(author_ids, category_ids)
    with unique(IsbnTaken):
        book = Book.objects.create(
            title=title,
            subtitle=subtitle,
            title_key=title_key(title),
            search_text=search_text(title, subtitle, names),
            **rest,
        )
    _link_authors(book.id, author_ids)
    _link_categories(book.id, category_ids)
    return book


@transaction.atomic
def update_book(*, book_id: UUID, changes: dict[str, Any], if_match: str | None) -> Book:
    """Change a book.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        ValidationFailed: naming every unknown author and category.
        IsbnTaken: there is another book with this ISBN.
    """
    book = lock_book(book_id)
    require_match(if_match, version_tag(book.version))
    old_authors, old_categories = _links_of(book_id)
    author_ids = changes.pop("author_ids", old_authors)
    category_ids = changes.pop("category_ids", old_categories)
    names = _require_references(author_ids, category_ids)
    relinked = author_ids != old_authors or set(category_ids) != set(old_categories)
    book.title_key = title_key(changes.get("title", book.title))
    book.search_text = search_text(
        changes.get("title", book.title), changes.get("subtitle", book.subtitle), names
    )
    with unique(IsbnTaken):
        _change(book, changes, "title_key", "search_text", touched=relinked)
    if relinked:
        BookAuthor.objects.filter(book=book_id).delete()
        BookCategory.objects.filter(book=book_id).delete()
        _link_authors(book_id, author_ids)
        _link_categories(book_id, category_ids)
    return book


@transaction.atomic
def delete_book(*, book_id: UUID, if_match: str | None) -> None:
    """Remove a book with its cover and ledger.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        BookOrdered: somebody ordered it once.
    """
    book = lock_book(book_id)
    require_match(if_match, version_tag(book.version))
    try:
        book.delete()
    except IntegrityError:
        raise BookOrdered from None


def _change(
    row: Author | Category | Book, changes: dict[str, Any], *derived: str, touched: bool = False
) -> None:
    """Apply a merge-patch; a change of nothing leaves the entity tag as it is."""
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed or touched:
        row.version += 1
        row.updated_at = now()
        row.save(update_fields=[*changed, *derived, "version", "updated_at"])


def _renew_search_text(books: list[Book]) -> None:
    names: dict[UUID, list[str]] = {book.id: [] for book in books}
    links = BookAuthor.objects.filter(book__in=names).order_by("book_id", "position")
    for book_id, name in links.values_list("book_id", "author__name"):
        names[book_id].append(name)
    for book in books:
        book.search_text = search_text(book.title, book.subtitle, names[book.id])
        book.version += 1
    Book.objects.bulk_update(books, ["search_text", "version"], batch_size=500)


def _require_parent(parent_id: UUID | None) -> None:
    if parent_id is not None and not _existing(Category, [parent_id]):
        raise ValidationFailed(FieldError("body", "/parent_id", "unknown", "does not exist"))


def _line_of(category_id: UUID) -> set[UUID]:
    """The ids of a category and of all its ancestors; the ORM has no recursive query."""
    root = Category._meta.pk.get_db_prep_value(category_id, connection)
    return {category.id for category in Category.objects.raw(LINE, [root])}


def _existing(model: type[Author | Category], ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id of the rows there are, which stay as they are until the transaction ends."""
    rows = model.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True)
    return dict(rows.values_list("id", "name"))


def _require_references(author_ids: Sequence[UUID], category_ids: Sequence[UUID]) -> list[str]:
    """The authors' names, in order."""
    names, categories = _existing(Author, author_ids), _existing(Category, category_ids)
    errors = [
        FieldError("body", f"/{member}/{index}", "unknown", "does not exist")
        for member, ids, existing in (
            ("author_ids", author_ids, names),
            ("category_ids", category_ids, categories),
        )
        for index, ident in enumerate(ids)
        if ident not in existing
    ]
    if errors:
        raise ValidationFailed(*errors)
    return [names[ident] for ident in author_ids]


def _links_of(book_id: UUID) -> tuple[list[UUID], list[UUID]]:
    authors = (
        BookAuthor.objects.filter(book=book_id)
        .order_by("position")
        .values_list("author_id", flat=True)
    )
    categories = BookCategory.objects.filter(book=book_id).values_list("category_id", flat=True)
    return list(authors), list(categories)


def _link_authors(book_id: UUID, author_ids: Sequence[UUID]) -> None:
    BookAuthor.objects.bulk_create(
        BookAuthor(book_id=book_id, author_id=author_id, position=position)
        for position, author_id in enumerate(author_ids)
    )


def _link_categories(book_id: UUID, category_ids: Sequence[UUID]) -> None:
    BookCategory.objects.bulk_create(
        BookCategory(book_id=book_id, category_id=category_id) for category_id in category_ids
    )
