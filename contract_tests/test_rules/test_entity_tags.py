"""Whatever changes a representation gives it an entity tag that it has never had before."""

from collections.abc import Iterator

import pytest

from harness import contract, formats
from harness.client import location, refused, succeeded
from harness.contract import Json, Operation
from harness.people import Person
from harness.sales import Sales, path_of
from harness.samples import Sampler
from harness.shop import row_of

TOO_LONG = f'"{"x" * 8192}"'
CONDITIONS = [
    (operation, parameter["name"])
    for operation in contract.operations()
    for parameter in operation.parameters
    if parameter["name"] in {"If-Match", "If-None-Match"} and 422 in operation.responses
    if operation.id != "putCover"
]
"""putCover may answer 412 first: no tag matches a book without a cover."""


@pytest.mark.parametrize(("operation", "header"), CONDITIONS, ids=str)
def test_a_condition_that_is_too_long_is_rejected(
    sample: Sampler, operation: Operation, header: str
) -> None:
    good = sample(operation)
    problem = refused(good.but(headers={header: TOO_LONG}).send(), 422, "validation-failed")
    assert [error["name"] for error in problem["errors"]] == [header]
    succeeded(good.send())


def test_a_book_never_has_a_tag_twice(sales: Sales, customer: Person) -> None:
    author, category = sales.shop.author(), sales.shop.category()
    book = sales.shop.book(author_ids=[author["id"]], category_ids=[category["id"]])
    tags = {"made": sales.staff.etag(f"/books/{book['id']}")}
    for change in story_of_a_book(sales, customer, book, author, category):
        tags[change] = sales.staff.etag(f"/books/{book['id']}")
    assert len(set(tags.values())) == len(tags), tags


def story_of_a_book(
    sales: Sales, customer: Person, book: Json, author: Json, category: Json
) -> Iterator[str]:
    """Make changes that the book shows, and yield a name for each."""
    shop, staff, reader, path = sales.shop, sales.staff, customer.client, f"/books/{book['id']}"
    shop.stocked(book, 9)
    yield "stocked"
    staff.change(path, title=f"Book {formats.word()}")
    yield "edited"
    second = shop.author()
    staff.change(path, author_ids=[author["id"], second["id"]])
    yield "author added"
    staff.change(path, author_ids=[second["id"], author["id"]])
    yield "authors reordered"
    staff.change(path, category_ids=[category["id"], shop.category()["id"]])
    yield "category added"
    staff.change(f"/authors/{author['id']}", name=f"Author {formats.word()}")
    yield "author renamed"
    staff.change(f"/categories/{category['id']}", name=f"Category {formats.word()}")
    yield "category renamed"
    row = row_of(book, title="Imported", authors=[second["name"]], stock=9)
    assert succeeded(shop.import_rows([row]), 200).json()["updated"] == 1
    yield "imported"
    shop.cover(book)
    yield "cover set"
    succeeded(staff.delete(f"{path}/cover", "*"), 204)
    yield "cover removed"
    sales.cancelled(reader, (book, 1))
    yield "ordered and cancelled"
    order = sales.order(reader, (book, 1))
    yield "ordered"
    sales.payment(reader, order)
    succeeded(sales.ship(order), 200)
    yield "shipped"
    succeeded(sales.deliver(order), 200)
    review = location(succeeded(sales.review(reader, book, rating=4), 201))
    yield "reviewed"
    reader.change(review, rating=2)
    yield "review changed"
    succeeded(reader.delete(review, "*"), 204)
    yield "review removed"


def test_an_order_never_has_a_tag_twice(sales: Sales, customer: Person) -> None:
    order = sales.order(customer.client)
    tags = [sales.staff.etag(path_of(order))]
    for change in (
        lambda: sales.payment(customer.client, order),
        lambda: succeeded(sales.refund(order, 1), 201),
        lambda: succeeded(sales.ship(order), 200),
        lambda: succeeded(sales.deliver(order), 200),
        lambda: succeeded(sales.refund(order, 1), 201),
    ):
        change()
        tags.append(sales.staff.etag(path_of(order)))
    assert len(set(tags)) == len(tags), tags
