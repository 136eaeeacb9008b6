"""An operation's writes are one transaction: if one of them fails, none of them is stored."""

from collections.abc import Callable, Iterator

import pytest

from harness import contract, rows, sales
from harness.branch import Branch
from harness.client import refused, succeeded
from harness.contract import Json
from harness.events import CAPTURED, PATH, Events
from harness.failing import failing
from harness.formats import isbn, word
from harness.sample import Sample
from harness.samples import Sampler
from harness.webhooks import SECRETS

pytestmark = pytest.mark.slow

Make = Callable[[Branch, Sampler], Sample]


@pytest.fixture(scope="module")
def sampler(branch: Branch) -> Sampler:
    return Sampler(branch.sales.shop, branch.admin, SECRETS[0])


@pytest.fixture(autouse=True)
def no_events(branch: Branch) -> Iterator[None]:
    with branch.sandbox.mute():
        yield


def usual(operation_id: str) -> Make:
    """The request that the sampler makes."""
    return lambda _, sampler: sampler(contract.named(operation_id))


def changing(operation_id: str, path: str, to: Sampler, body: Json, by: str = "staff") -> Sample:
    """A guarded change of what is at a path."""
    client = to.client_for(by)
    tag = {"If-Match": client.etag(path)}
    return Sample(contract.named(operation_id), client, path, tag).with_json(body)


def renamed_author(branch: Branch, to: Sampler) -> Sample:
    """The author of a book gets another name."""
    author = branch.sales.shop.author()
    branch.sales.shop.book(author_ids=[author["id"]])
    return changing("updateAuthor", f"/authors/{author['id']}", to, {"name": word()})


def renamed_category(branch: Branch, to: Sampler) -> Sample:
    """The category of a book gets another name."""
    category = branch.sales.shop.category()
    branch.sales.shop.book(category_ids=[category["id"]])
    return changing("updateCategory", f"/categories/{category['id']}", to, {"name": word()})


def renamed_reviewer(_: Branch, to: Sampler) -> Sample:
    """Somebody who wrote reviews gets another name."""
    succeeded(to(contract.named("createReview")).send(), 201)
    me = contract.named("updateMe")
    return Sample(me, to.regular.client, me.path).with_json({"name": word()})


def disabled_user(branch: Branch, to: Sampler) -> Sample:
    """Somebody who is logged in is disabled."""
    return changing("updateUser", branch.customer().path, to, {"disabled": True}, "admin")


def relinked_book(branch: Branch, to: Sampler) -> Sample:
    """A book gets another title, author and category."""
    shop = branch.sales.shop
    book = shop.book(category_ids=[shop.category()["id"]])
    links = {"author_ids": [shop.author()["id"]], "category_ids": [shop.category()["id"]]}
    return changing("updateBook", f"/books/{book['id']}", to, {"title": word(), **links})


def deleted_book(branch: Branch, to: Sampler) -> Sample:
    """A book goes with its cover and its ledger."""
    shop = branch.sales.shop
    book = branch.sales.book(3, category_ids=[shop.category()["id"]])
    shop.cover(book)
    path = f"/books/{book['id']}"
    tag = {"If-Match": shop.staff.etag(path)}
    return Sample(contract.named("deleteBook"), to.shop.staff, path, tag)


def imported_book(_: Branch, to: Sampler) -> Sample:
    """An import makes a book with its author, category and stock."""
    header = "isbn,title,authors,language,published_year,price_amount,stock,categories"
    row = f"{isbn()},{word()},{word()},,,1299,3,{word()}"
    content = f"{header}\r\n{row}\r\n".encode()
    return to(contract.named("importBooks")).but(content=content)


def cancelled_paid_order(branch: Branch, to: Sampler) -> Sample:
    """The money of a cancelled order goes back."""
    order = branch.sales.paid(to.regular.client, (to.plenty, 1))
    cancel, path = contract.named("cancelOrder"), f"{sales.path_of(order)}/cancellation"
    return Sample(cancel, to.regular.client, path, sales.once())


def captured_payment(branch: Branch, to: Sampler) -> Sample:
    """An event tells that a pending payment was captured."""
    order = branch.sales.order(to.regular.client, (to.plenty, 1))
    with branch.sandbox.misbehaving("createPayment", "drop_before"):
        payment = succeeded(branch.sales.pay(to.regular.client, order), 202).json()
    event, content = contract.named("receivePaymentEvent"), Events.event(CAPTURED, payment)
    headers = {"Content-Type": "application/json"}
    return Sample(event, to.anyone, PATH, headers, content, secret=to.secret)


WRITES: dict[str, Make] = {
    **{
        name: usual(name)
        for name in (
            "registerUser",
            "changePassword",
            "createBook",
            "putCover",
            "deleteCover",
            "adjustStock",
            "placeOrder",
            "shipOrder",
            "createPayment",
            "createRefund",
            "createReview",
            "updateReview",
            "deleteReview",
        )
    },
    "updateAuthor": renamed_author,
    "updateCategory": renamed_category,
    "updateMe": renamed_reviewer,
    "updateUser": disabled_user,
    "updateBook": relinked_book,
    "deleteBook": deleted_book,
    "importBooks": imported_book,
    "cancelOrder": cancelled_paid_order,
    "receivePaymentEvent": captured_payment,
}
SETTLED_LATER = {("createPayment", "orders", "UPDATE")}
"""Writes of the transaction that follows the provider's answer."""


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_fails_leaves_nothing_of_its_operation(
    branch: Branch, sampler: Sampler, name: str
) -> None:
    url, make = branch.server.database_url, WRITES[name]
    sample = make(branch, sampler)
    before = rows.everything(url)
    succeeded(sample.send())
    for table, event in sorted(rows.writes(before, rows.everything(url))):
        if (name, table, event) in SETTLED_LATER:
            continue
        sample = make(branch, sampler)
        before = rows.everything(url)
        with failing(url, table, event):
            refused(sample.send(), 503, "service-unavailable")
        assert rows.writes(before, rows.everything(url)) == set(), f"{event} of {table} failed"
        succeeded(sample.send())
