"""The rules of the catalogue. Each writes into the session; the view commits."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select

from ..database import AnySelect, Entity, db, lock, refusing
from ..errors import (
    AuthorInUse,
    BookOrdered,
    CategoryCycle,
    CategoryInUse,
    FieldError,
    IsbnTaken,
    NameTaken,
    NotFound,
    ValidationFailed,
)
from ..http import require_match, version_tag
from ..text import search_text, title_key
from .models import Author, Book, BookAuthor, BookCategory, Category

CATEGORY_TREE = 7_210_001
"""The advisory lock of who moves categories: two moves at once could make a cycle together."""

Row = TypeVar("Row", bound=Entity)


def create_author(*, name: str, biography: str | None = None) -> Author:
    """Add an author.

    Raises:
        NameTaken: there is one with this name.
    """
    author = Author(name=name, biography=biography)
    with refusing(uq_authors_name=NameTaken):
        db.session.add(author)
    return author


def update_author(*, author_id: UUID, changes: dict[str, Any]) -> Author:
    """Change an author; their books are found under the new name at once.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        NameTaken: there is another one with this name.
    """
    theirs = select(BookAuthor.book_id).where(BookAuthor.author_id == author_id)
    author, books = _lock_for(changes, Author, author_id, theirs)
    require_match(version_tag(author.version))
    renamed = changes.get("name", author.name) != author.name
    with refusing(uq_authors_name=NameTaken):
        author.change(**changes)
    if renamed:
        _renew_search_text(books)
    return author


def delete_author(*, author_id: UUID) -> None:
    """Remove an author.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        AuthorInUse: books refer to them.
    """
    author = _lock(Author, author_id)
    require_match(version_tag(author.version))
    with refusing(fk_book_authors_author_id=AuthorInUse):
        db.session.delete(author)


def create_category(*, name: str, parent_id: UUID | None = None) -> Category:
    """Add a category.

    Raises:
        ValidationFailed: the parent is unknown.
        NameTaken: there is one with this name.
    """
    _require_parent(parent_id)
    category = Category(name=name, parent_id=parent_id)
    with refusing(uq_categories_name=NameTaken):
        db.session.add(category)
    return category


def update_category(*, category_id: UUID, changes: dict[str, Any]) -> Category:
    """Rename or move a category.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        ValidationFailed: the new parent is unknown.
        CategoryCycle: it is the category itself or below it.
        NameTaken: there is another one with this name.
    """
    lock(CATEGORY_TREE)
    theirs = select(BookCategory.book_id).where(BookCategory.category_id == category_id)
    category, books = _lock_for(changes, Category, category_id, theirs)
    require_match(version_tag(category.version))
    if (parent_id := changes.get("parent_id")) is not None:
        _require_parent(parent_id)
        if category_id in _line_of(parent_id):
            raise CategoryCycle
    renamed = changes.get("name", category.name) != category.name
    with refusing(uq_categories_name=NameTaken):
        category.change(**changes)
    if renamed:
        for book in books:
            book.version += 1
    return category


def delete_category(*, category_id: UUID) -> None:
    """Remove an empty category.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        CategoryInUse: books or subcategories refer to it.
    """
    category = _lock(Category, category_id)
    require_match(version_tag(category.version))
    with refusing(
        fk_categories_parent_id=CategoryInUse, fk_book_categories_category_id=CategoryInUse
    ):
        db.session.delete(category)


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
    book = Book(
        title=title,
        subtitle=subtitle,
        title_key=title_key(title),
        search_text=search_text(title, subtitle, names),
        **rest,
    )
    with refusing(uq_books_isbn=IsbnTaken):
        db.session.add(book)
    _link_authors(book.id, author_ids)
    _link_categories(book.id, category_ids)
    return book


def update_book(*, book_id: UUID, changes: dict[str, Any]) -> Book:
    """Change a book.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        ValidationFailed: naming every unknown author and category.
        IsbnTaken: there is another book with this ISBN.
    """
    book = _lock(Book, book_id)
    require_match(version_tag(book.version))
    old_authors, old_categories = _links_of(book_id)
    author_ids = changes.pop("author_ids", old_authors)
    category_ids = changes.pop("category_ids", old_categories)
    names = _require_references(author_ids, category_ids)
    relinked = author_ids != old_authors or set(category_ids) != set(old_categories)
    with refusing(uq_books_isbn=IsbnTaken):
        if not book.change(**changes) and relinked:
            book.touch()
        book.title_key = title_key(book.title)
        book.search_text = search_text(book.title, book.subtitle, names)
    if relinked:
        db.session.execute(delete(BookAuthor).where(BookAuthor.book_id == book_id))
        db.session.execute(delete(BookCategory).where(BookCategory.book_id == book_id))
        _link_authors(book_id, author_ids)
        _link_categories(book_id, category_ids)
    return book


def delete_book(*, book_id: UUID) -> None:
    """Remove a book with its cover and ledger.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        BookOrdered: an order names it.
    """
    book = _lock(Book, book_id)
    require_match(version_tag(book.version))
    with refusing(fk_order_lines_book_id=BookOrdered):
        db.session.delete(book)


def lock_book(book_id: UUID) -> Book:
    """A book, nobody else changing it until the transaction ends.

    Raises:
        NotFound: there is none with this id.
    """
    return _lock(Book, book_id)


def _lock(model: type[Row], ident: UUID) -> Row:
    found = db.session.get(model, ident, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _lock_for(
    changes: dict[str, Any], model: type[Row], ident: UUID, book_ids: AnySelect
) -> tuple[Row, Sequence[Book]]:
    """A row that is about to change and, where its name does, its books: they are locked before it.

    A book that got the link in between is locked in its turn, after all locks were given back.

    Raises:
        NotFound: there is no row with this id.
    """
    inside = select(Book).where(Book.id.in_(book_ids)).order_by(Book.id).with_for_update()
    while "name" in changes:
        with db.session.begin_nested() as savepoint:
            books = db.session.scalars(inside, execution_options={"populate_existing": True}).all()
            row = _lock(model, ident)
            if {book.id for book in books} == set(db.session.scalars(book_ids)):
                return row, books
            savepoint.rollback()
    return _lock(model, ident), ()


def _renew_search_text(books: Sequence[Book]) -> None:
    names: dict[UUID, list[str]] = {book.id: [] for book in books}
    links = select(BookAuthor.book_id, Author.name).join(Author, Author.id == BookAuthor.author_id)
    for book_id, name in db.session.execute(
        links.where(BookAuthor.book_id.in_(names)).order_by(BookAuthor.book_id, BookAuthor.position)
    ):
        names[book_id].append(name)
    for book in books:
        book.search_text = search_text(book.title, book.subtitle, names[book.id])
        book.version += 1


def _require_parent(parent_id: UUID | None) -> None:
    if parent_id is not None:
        known = select(Category.id).where(Category.id == parent_id).with_for_update(read=True)
        if db.session.scalar(known) is None:
            raise ValidationFailed(FieldError("body", "/parent_id", "unknown", "does not exist"))


def _line_of(category_id: UUID) -> set[UUID]:
    """The ids of a category and of all its ancestors."""
    line = (
        select(Category.id, Category.parent_id)
        .where(Category.id == category_id)
        .cte("line", recursive=True)
    )
    line = line.union(
        select(Category.id, Category.parent_id).where(Category.id == line.c.parent_id)
    )
    return set(db.session.scalars(select(line.c.id)))


def _require_references(author_ids: Sequence[UUID], category_ids: Sequence[UUID]) -> list[str]:
    """The authors' names, in order; the rows stay until the transaction ends."""
    named = select(Author.id, Author.name).where(Author.id.in_(author_ids)).order_by(Author.id)
    names = dict(db.session.execute(named.with_for_update(read=True)).tuples().all())
    known = select(Category.id).where(Category.id.in_(category_ids)).order_by(Category.id)
    categories = set(db.session.scalars(known.with_for_update(read=True)))
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
        select(BookAuthor.author_id)
        .where(BookAuthor.book_id == book_id)
        .order_by(BookAuthor.position)
    )
    categories = select(BookCategory.category_id).where(BookCategory.book_id == book_id)
    return list(db.session.scalars(authors)), list(db.session.scalars(categories))


def _link_authors(book_id: UUID, author_ids: Sequence[UUID]) -> None:
    db.session.add_all(
        BookAuthor(book_id=book_id, author_id=author_id, position=position)
        for position, author_id in enumerate(author_ids)
    )
    db.session.flush()


def _link_categories(book_id: UUID, category_ids: Sequence[UUID]) -> None:
    db.session.add_all(
        BookCategory(book_id=book_id, category_id=category_id) for category_id in category_ids
    )
    db.session.flush()
