"""The rules of the catalogue: names and ISBNs are unique, the tree stays a tree."""

from collections.abc import Container, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Columns, lock_category_tree, violated
from ..errors import (
    AuthorInUse,
    BookOrdered,
    CategoryCycle,
    CategoryInUse,
    IsbnTaken,
    NameTaken,
    NotFound,
    ValidationFailed,
    unknown_reference,
)
from ..http import Precondition, version_tag
from ..problem import FieldError, Problem
from ..text import search_text, title_key
from .derived import lock_books_by, lock_books_in, renew_books_by, renew_books_in, renew_keys
from .models import (
    Author,
    Book,
    BookAuthor,
    BookCategory,
    Category,
    authors,
    book_authors,
    book_categories,
    categories,
)
from .schemas import (
    AuthorCreation,
    AuthorUpdate,
    BookCreation,
    BookUpdate,
    CategoryCreation,
    CategoryUpdate,
)

Row = TypeVar("Row", Author, Book, Category)


async def create_author(session: AsyncSession, *, data: AuthorCreation) -> Author:
    """A new author (createAuthor).

    Raises NameTaken.
    """
    return await _save(session, Author(name=data.name, biography=data.biography), NameTaken)


async def update_author(
    session: AsyncSession, *, author_id: UUID, data: AuthorUpdate, precondition: Precondition
) -> Author:
    """An author's name or biography (updateAuthor); a new name renews their books.

    Raises NameTaken, NotFound, PreconditionFailed, PreconditionRequired.
    """
    if "name" in data.model_fields_set:
        await lock_books_by(session, author_id)
    author = await _locked(session, Author, author_id, precondition)
    renamed = "name" in data.model_fields_set and data.name != author.name
    await _change(session, author, data.model_dump(exclude_unset=True), NameTaken)
    if renamed:
        await renew_books_by(session, author_id)
    return author


async def delete_author(
    session: AsyncSession, *, author_id: UUID, precondition: Precondition
) -> None:
    """No more of an author (deleteAuthor).

    Raises AuthorInUse, NotFound, PreconditionFailed, PreconditionRequired.
    """
    await _delete(session, await _locked(session, Author, author_id, precondition), AuthorInUse)


async def create_category(session: AsyncSession, *, data: CategoryCreation) -> Category:
    """A new category (createCategory).

    Raises NameTaken, ValidationFailed for an unknown parent.
    """
    await _require_parent(session, data.parent_id)
    return await _save(session, Category(name=data.name, parent_id=data.parent_id), NameTaken)


async def update_category(
    session: AsyncSession, *, category_id: UUID, data: CategoryUpdate, precondition: Precondition
) -> Category:
    """A category's name or place (updateCategory); a new name renews its books.

    Raises CategoryCycle, NameTaken, NotFound, PreconditionFailed, PreconditionRequired,
    ValidationFailed for an unknown parent.
    """
    if "parent_id" in data.model_fields_set:
        await lock_category_tree(session)
    if "name" in data.model_fields_set:
        await lock_books_in(session, category_id)
    category = await _locked(session, Category, category_id, precondition)
    if data.parent_id is not None:
        await _require_parent(session, data.parent_id)
        await _require_no_cycle(session, category_id, data.parent_id)
    renamed = "name" in data.model_fields_set and data.name != category.name
    await _change(session, category, data.model_dump(exclude_unset=True), NameTaken)
    if renamed:
        await renew_books_in(session, category_id)
    return category


async def delete_category(
    session: AsyncSession, *, category_id: UUID, precondition: Precondition
) -> None:
    """No more of a category (deleteCategory).

    Raises CategoryInUse, NotFound, PreconditionFailed, PreconditionRequired.
    """
    category = await _locked(session, Category, category_id, precondition)
    await _delete(session, category, CategoryInUse)


async def create_book(session: AsyncSession, *, data: BookCreation) -> Book:
    """A new book, without stock (createBook).

    Raises IsbnTaken, ValidationFailed for unknown authors or categories.
    """
    names = await _require_references(session, data)
    book = Book(
        **data.model_dump(exclude={"author_ids", "category_ids", "price"}),
        price_amount=data.price.amount,
        title_key=title_key(data.title),
        search_text=search_text(data.title, data.subtitle, names),
    )
    await _save(session, book, IsbnTaken)
    _link_authors(session, book.id, data.author_ids)
    _link_categories(session, book.id, data.category_ids)
    await session.flush()
    return book


async def update_book(
    session: AsyncSession, *, book_id: UUID, data: BookUpdate, precondition: Precondition
) -> Book:
    """What the patch names (updateBook); nothing is touched when nothing changes.

    Raises IsbnTaken, NotFound, PreconditionFailed, PreconditionRequired, ValidationFailed for
    unknown authors or categories.
    """
    book = await _locked(session, Book, book_id, precondition)
    await _require_references(session, data)
    changes = data.model_dump(exclude_unset=True, exclude={"author_ids", "category_ids", "price"})
    if data.price is not None:
        changes["price_amount"] = data.price.amount
    relinked = await _relink(session, book_id, data)
    await _change(session, book, changes, IsbnTaken, force=relinked)
    if relinked or {"title", "subtitle"} & changes.keys():
        await renew_keys(session, book)
    return book


async def delete_book(session: AsyncSession, *, book_id: UUID, precondition: Precondition) -> None:
    """No more of a book, its cover and its ledger (deleteBook).

    Raises BookOrdered, NotFound, PreconditionFailed, PreconditionRequired.
    """
    await _delete(session, await _locked(session, Book, book_id, precondition), BookOrdered)


async def _require_references(session: AsyncSession, data: BookCreation | BookUpdate) -> list[str]:
    """The names of the authors, in the order of their ids."""
    found = await _names(session, authors, data.author_ids)
    filed = await _names(session, categories, data.category_ids)
    errors = _unknown(found, data.author_ids, "author_ids")
    errors += _unknown(filed, data.category_ids, "category_ids")
    if errors:
        raise ValidationFailed(*errors)
    return [found[author_id] for author_id in data.author_ids]


async def _names(session: AsyncSession, table: Columns, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of those that there are, which stay until the commit."""
    statement = select(table.id, table.name).where(table.id.in_(ids)).order_by(table.id)
    found = await session.execute(statement.with_for_update(key_share=True, read=True))
    return {row.id: row.name for row in found}


def _unknown(found: Container[UUID], ids: Sequence[UUID], member: str) -> list[FieldError]:
    """One error for each id that names nothing."""
    return [
        unknown_reference(f"/{member}/{place}")
        for place, wanted in enumerate(ids)
        if wanted not in found
    ]


async def _require_parent(session: AsyncSession, parent_id: UUID | None) -> None:
    if parent_id is None:
        return
    stays = {"read": True, "key_share": True}
    if await session.get(Category, parent_id, with_for_update=stays) is None:
        raise ValidationFailed(unknown_reference("/parent_id"))


async def _require_no_cycle(session: AsyncSession, category_id: UUID, parent_id: UUID) -> None:
    above: UUID | None = parent_id
    while above is not None:
        if above == category_id:
            raise CategoryCycle
        above = await session.scalar(select(categories.parent_id).where(categories.id == above))


async def _locked(
    session: AsyncSession, model: type[Row], row_id: UUID, precondition: Precondition
) -> Row:
    row = await session.get(model, row_id, with_for_update=True)
    if row is None:
        raise NotFound
    precondition.require(version_tag(row.version))
    return row


async def _change(
    session: AsyncSession,
    row: Row,
    changes: dict[str, Any],
    taken: type[Problem],
    *,
    force: bool = False,
) -> None:
    if force or any(getattr(row, name) != value for name, value in changes.items()):
        row.sqlmodel_update(changes)
        row.renew()
        await _save(session, row, taken)


async def _save(session: AsyncSession, row: Row, taken: type[Problem]) -> Row:
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error).startswith("uq_"):
            raise taken from error
        raise
    return row


async def _delete(session: AsyncSession, row: Row, in_use: type[Problem]) -> None:
    await session.delete(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise in_use from error


async def _relink(session: AsyncSession, book_id: UUID, data: BookUpdate) -> bool:
    relinked = False
    if "author_ids" in data.model_fields_set:
        relinked |= await _set_authors(session, book_id, data.author_ids)
    if "category_ids" in data.model_fields_set:
        relinked |= await _set_categories(session, book_id, data.category_ids)
    return relinked


async def _set_authors(session: AsyncSession, book_id: UUID, author_ids: Sequence[UUID]) -> bool:
    statement = select(book_authors.author_id).where(book_authors.book_id == book_id)
    if list(await session.scalars(statement.order_by(book_authors.position))) == list(author_ids):
        return False
    await session.execute(delete(BookAuthor).where(book_authors.book_id == book_id))
    _link_authors(session, book_id, author_ids)
    await session.flush()
    return True


def _link_authors(session: AsyncSession, book_id: UUID, author_ids: Sequence[UUID]) -> None:
    session.add_all(
        BookAuthor(book_id=book_id, author_id=author_id, position=place)
        for place, author_id in enumerate(author_ids)
    )


async def _set_categories(
    session: AsyncSession, book_id: UUID, category_ids: Sequence[UUID]
) -> bool:
    statement = select(book_categories.category_id).where(book_categories.book_id == book_id)
    if set(await session.scalars(statement)) == set(category_ids):
        return False
    await session.execute(delete(BookCategory).where(book_categories.book_id == book_id))
    _link_categories(session, book_id, category_ids)
    await session.flush()
    return True


def _link_categories(session: AsyncSession, book_id: UUID, category_ids: Sequence[UUID]) -> None:
    session.add_all(BookCategory(book_id=book_id, category_id=id_) for id_ in category_ids)
