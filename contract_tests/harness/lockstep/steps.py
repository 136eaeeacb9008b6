"""Requests that are valid for every target: symbols replace ids, tags and tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness import contract, pictures
from harness.contract import Json, Operation
from harness.lockstep.values import Symbol
from harness.sales import ADDRESS, DECLINED, SHIPMENT, VISA
from harness.shop import price

NOBODY = "nobody"
PEOPLE = ("ada", "ben", "staff", "admin")
"""The users, in the order of their registration; `ada` and `ben` are customers."""

Pairs = tuple[tuple[str, Json], ...]


@dataclass(frozen=True, eq=False)
class Step:
    """A request of an operation, possibly with another method or path."""

    operation_id: str
    who: str = NOBODY
    """The user whose access token it sends."""
    path: Mapping[str, Json] = field(default_factory=dict)
    """The parameters in the path."""
    query: Pairs = ()
    headers: Pairs = ()
    """They replace the default headers of the same name; None removes one."""
    body: Json = None
    """A JSON value, or bytes that are sent unchanged."""
    body_type: str = "application/json"
    method: str = ""
    """The method, if it is not the operation's."""
    suffix: str = ""
    """Text that is appended to the path."""
    signed: str = ""
    """The signature of an event: `good`, `forged` or `old`."""
    faults: tuple[int, ...] = ()
    """The statuses that the deliberate faults justify."""
    makes: str = ""
    """In the setup: the created resource, whose name stays if other steps are removed."""

    @property
    def operation(self) -> Operation:
        """The operation in the contract."""
        return contract.named(self.operation_id)

    @property
    def verb(self) -> str:
        """The method of the request."""
        return self.method or self.operation.method

    def __repr__(self) -> str:
        return f"{self.operation_id} as {self.who}"


def step(operation_id: str, who: str = NOBODY, body: Json = None, **rest: Json) -> Step:
    """Build a step of the setup."""
    path = {name: rest.pop(name) for name in list(rest) if name.endswith("_id")}
    return Step(operation_id, who, path, body=body, **rest)


def its(kind: str, number: int) -> Symbol:
    """Return the symbol of a resource that the setup creates."""
    return Symbol("id", kind, number)


def _once(key: str) -> Pairs:
    return (("Idempotency-Key", key),)


def _book(number: int, title: str, **members: Json) -> Step:
    body = {
        "isbn": Symbol("isbn", number=number),
        "title": title,
        "author_ids": [its("author", 1 + number % 2)],
        "price": price(1299),
        **members,
    }
    return step("createBook", "staff", body, makes=f"book {number}")


def _stock(number: int, copies: int) -> Step:
    body = {"delta": copies, "reason": "received", "note": None}
    key = _once(f"stock-{number}")
    return step("adjustStock", "staff", body, book_id=its("book", number), headers=key)


def _order(number: int, who: str, *lines: tuple[int, int]) -> list[Step]:
    puts = [
        step("putCartItem", who, {"quantity": copies}, book_id=its("book", book))
        for book, copies in lines
    ]
    body = {"shipping_address": ADDRESS}
    made = f"order {number}"
    return [*puts, step("placeOrder", who, body, headers=_once(made.replace(" ", "-")), makes=made)]


def _pay(number: int, order: int, who: str, card: str = VISA) -> Step:
    body = {"payment_method": card}
    key = _once(f"payment-{number}")
    where = {"order_id": its("order", order)}
    return step("createPayment", who, body, headers=key, makes=f"payment {number}", **where)


def _move(operation_id: str, order: int, body: Json = None) -> Step:
    key = _once(f"{operation_id}-{order}")
    return step(operation_id, "staff", body, order_id=its("order", order), headers=key)


WEEK: Pairs = (("from", Symbol("day", number=-3)), ("to", Symbol("day", number=3)))

SCENERY: list[Step] = [
    step("createAuthor", "staff", {"name": Symbol("name", number=1)}, makes="author 1"),
    step("createAuthor", "staff", {"name": Symbol("name", number=2)}, makes="author 2"),
    step("createCategory", "staff", {"name": Symbol("name", number=1)}, makes="category 1"),
    step(
        "createCategory",
        "staff",
        {"name": Symbol("name", number=2), "parent_id": its("category", 1)},
        makes="category 2",
    ),
    step("createCategory", "staff", {"name": Symbol("name", number=3)}, makes="category 3"),
    step("createAuthor", "staff", {"name": Symbol("name", number=3)}, makes="author 3"),
    step("createCategory", "staff", {"name": Symbol("name", number=4)}, makes="category 4"),
    step("createCategory", "staff", {"name": Symbol("name", number=0)}, makes="category 5"),
    step("createCategory", "staff", {"name": Symbol("name", number=9)}, makes="category 6"),
    _book(1, "The Hobbit", category_ids=[its("category", 2)], published_year=1937),
    _book(2, "Émile", language="fr", category_ids=[its("category", n) for n in (1, 2, 3, 5, 6)]),
    _book(3, "A third one", price=price(499), published_year=-400),
    step(
        "putCover",
        "staff",
        pictures.png(),
        book_id=its("book", 2),
        body_type="image/png",
        headers=(("If-None-Match", "*"),),
    ),
    _stock(1, 9),
    _stock(2, 9),
    *_order(1, "ada", (1, 1)),
    *_order(2, "ada", (1, 1), (2, 2)),
    *_order(3, "ada", (2, 1)),
    *_order(4, "ada", (1, 1)),
    *_order(5, "ben", (2, 1)),
    _pay(1, 2, "ada"),
    _pay(2, 3, "ada"),
    _pay(3, 4, "ada"),
    _pay(4, 5, "ben", DECLINED),
    _move("shipOrder", 3, SHIPMENT),
    _move("shipOrder", 4, SHIPMENT),
    _move("deliverOrder", 4),
    step(
        "createReview",
        "ada",
        {"rating": 4, "title": "There and back"},
        book_id=its("book", 1),
        makes="review 1",
    ),
    step(
        "createRefund",
        "staff",
        {"amount": price(100)},
        order_id=its("order", 4),
        headers=_once("refund-1"),
        makes="refund 1",
    ),
]
"""The setup of every sequence.

Author 3 and category 4 have no books. Book 2 has a cover, and so many categories that they are not
sorted by name by chance. Book 3 was never ordered. Orders 1 and 5 await payment, 2 is paid, 3
shipped, 4 delivered. `ada` has reviewed book 1.
"""


def _each(operation_id: str, who: str, kind: str, last: int) -> list[Step]:
    return [
        step(operation_id, who, **{f"{kind}_id": its(kind, number)})
        for number in range(1, last + 1)
    ]


SURVEY: list[Step] = [
    step("listUsers", "admin"),
    step("listAuthors"),
    step("listCategories"),
    step("listBooks", query=(("sort", "-title"),)),
    step("listBooks", query=(("q", "name"), ("author_id", its("author", 1)))),
    step("listBooks", query=(("category_id", its("category", 1)), ("in_stock", "true"))),
    step("exportBooks", "staff", headers=(("Accept", "application/x-ndjson"),)),
    step("listOrders", "ada"),
    step("listOrders", "staff"),
    step("getCart", "ada"),
    step("getSalesReport", "staff", query=(("group_by", "category"), *WEEK)),
    *_each("getBook", NOBODY, "book", 4),
    *_each("listReviews", NOBODY, "book", 2),
    *_each("listStockAdjustments", "staff", "book", 4),
    *_each("getOrder", "staff", "order", 6),
    *_each("getPayment", "staff", "payment", 5),
]
"""The reads at the end of every sequence, which show what it has changed."""
