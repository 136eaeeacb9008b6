"""What books derive from their authors and categories, kept when those get a new name.

Books are locked before authors and categories, in id order (storage.md, Locks): so a new name
locks its books first, and renews what it finds once it holds the author or category as well.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..text import search_text, title_key
from .models import Book, book_authors, book_categories, books
from .queries import authors_of


async def renew_keys(session: AsyncSession, *changed: Book) -> None:
    """The search keys of locked books, from their titles and the names of their authors."""
    authors = await authors_of(session, [book.id for book in changed])
    for book in changed:
        names = (author.name for author in authors[book.id])
        book.title_key = title_key(book.title)
        book.search_text = search_text(book.title, book.subtitle, names)
    await session.flush()


async def lock_books_by(session: AsyncSession, author_id: UUID) -> None:
    """Hold the books of an author who is about to be renamed."""
    await _lock(session, _written_by(author_id))


async def renew_books_by(session: AsyncSession, author_id: UUID) -> None:
    """Renew the books of an author, locked, who has a new name; nobody has edited them."""
    locked = select(Book).where(_written_by(author_id)).order_by(books.id).with_for_update()
    renewed = (await session.scalars(locked)).all()
    with session.no_autoflush:
        for book in renewed:
            book.version += 1
        await renew_keys(session, *renewed)


async def lock_books_in(session: AsyncSession, category_id: UUID) -> None:
    """Hold the books of a category that is about to be renamed."""
    await _lock(session, _filed_under(category_id))


async def renew_books_in(session: AsyncSession, category_id: UUID) -> None:
    """Renew the books of a category, locked, that has a new name; nobody has edited them."""
    await lock_books_in(session, category_id)
    await session.execute(
        update(Book)
        .where(_filed_under(category_id))
        .values(version=books.version + 1)
        .execution_options(synchronize_session=False)
    )


async def _lock(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    await session.execute(select(books.id).where(condition).order_by(books.id).with_for_update())


def _written_by(author_id: UUID) -> ColumnElement[bool]:
    linked = select(book_authors.book_id).where(book_authors.author_id == author_id)
    return books.id.in_(linked)


def _filed_under(category_id: UUID) -> ColumnElement[bool]:
    linked = select(book_categories.book_id).where(book_categories.category_id == category_id)
    return books.id.in_(linked)
