"""The things of a bookstore in plain Python, each with the answer that shows it.

Nothing here is counted twice: copies on hand are the sum of the ledger, reserved ones the sum of
the open orders, a rating the mean of the reviews, what went back the sum of the refunds.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from harness.contract import Json
from harness.shop import price

if TYPE_CHECKING:
    from test_model.sold import Line

AWAITING, PAID, SHIPPED = "awaiting_payment", "paid", "shipped"
DELIVERED, CANCELLED = "delivered", "cancelled"
PENDING, CAPTURED, SUCCEEDED, FAILED = "pending", "captured", "succeeded", "failed"


class Made:
    """Equal to any text: what only the server can know, such as an id or a moment."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __repr__(self) -> str:
        return self._what

    def __hash__(self) -> int:
        return hash(self._what)


AN_ID, A_MOMENT = Made("an id"), Made("a moment")
TIMES: Json = {"created_at": A_MOMENT, "updated_at": A_MOMENT}


def moment_if(there: object) -> Json:
    """A moment, where something has happened, or null."""
    return A_MOMENT if there else None


@dataclass(eq=False, repr=False)
class Thing:
    """Whatever has an id, which the server draws."""

    id: Any = field(default=AN_ID, kw_only=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__.lower()} {str(self.id)[:8]}"


@dataclass(eq=False, repr=False)
class Resource(Thing):
    """Whatever can be read by itself."""

    PLACE = ""
    """The path of its kind."""
    gone: bool = field(default=False, kw_only=True)

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/{self.PLACE}/{self.id}"


@dataclass(eq=False, repr=False)
class Named(Resource):
    """An author or a category, as books show them."""

    name: str
    books: "list[Book]" = field(default_factory=list)

    @property
    def is_in_use(self) -> bool:
        """Whether there is a book that shows it."""
        return any(not book.gone for book in self.books)

    def ref(self) -> Json:
        """AuthorRef or CategoryRef."""
        return {"id": self.id, "name": self.name}


@dataclass(eq=False, repr=False)
class Author(Named):
    """Who wrote books."""

    PLACE = "authors"

    def show(self) -> Json:
        return {**self.ref(), "biography": None, **TIMES}


@dataclass(eq=False, repr=False)
class Category(Named):
    PLACE = "categories"

    def show(self) -> Json:
        return {**self.ref(), "parent_id": None, **TIMES}


@dataclass(eq=False, repr=False)
class Entry(Thing):
    """A line of a book's ledger."""

    book: "Book"
    delta: int
    reason: str
    user: "User"
    on_hand: int = 0
    """After this entry."""

    def show(self) -> Json:
        return {
            "id": self.id,
            "book_id": self.book.id,
            "delta": self.delta,
            "reason": self.reason,
            "note": None,
            "on_hand": self.on_hand,
            "user_id": self.user.id,
            "created_at": A_MOMENT,
        }


@dataclass(eq=False, repr=False)
class Book(Resource):
    """A book, with all that was ever said, sold and booked of it."""

    PLACE = "books"
    members: Json
    """Those that staff set: isbn, title, description, published_year, price."""
    author: Author
    category: Category
    ledger: list[Entry] = field(default_factory=list)
    lines: "list[Line]" = field(default_factory=list)
    reviews: "list[Review]" = field(default_factory=list)

    @property
    def price(self) -> int:
        """What one copy costs now."""
        return int(self.members["price"]["amount"])

    @property
    def on_hand(self) -> int:
        """Copies on the shelf."""
        return sum(entry.delta for entry in self.ledger)

    @property
    def reserved(self) -> int:
        """Those of them that are promised."""
        return sum(line.quantity for line in self.lines if line.order.state in (AWAITING, PAID))

    @property
    def available(self) -> int:
        """Those that can still be promised."""
        return self.on_hand - self.reserved

    @property
    def rating(self) -> Json:
        """The exact mean, rounded half up to two places."""
        count = len(self.reviews)
        if not count:
            return {"average": None, "count": 0}
        mean = Fraction(sum(review.members["rating"] for review in self.reviews), count)
        return {"average": floor(mean * 100 + Fraction(1, 2)) / 100, "count": count}

    def was_delivered_to(self, user: "User") -> bool:
        """Whether they bought it and got it."""
        theirs = [line.order for line in self.lines if line.order.user is user]
        return any(order.state == DELIVERED for order in theirs)

    def was_reviewed_by(self, user: "User") -> bool:
        """Whether they have said something of it."""
        return any(review.user is user for review in self.reviews)

    def note(self, delta: int, reason: str, user: "User") -> Entry:
        """Write into the ledger."""
        self.ledger.append(Entry(self, delta, reason, user, self.on_hand + delta))
        return self.ledger[-1]

    def summary(self) -> Json:
        listed = {"isbn", "title", "published_year", "price"}
        return {
            "id": self.id,
            **{name: value for name, value in self.members.items() if name in listed},
            "subtitle": None,
            "language": None,
            "authors": [self.author.ref()],
            "stock": {
                "on_hand": self.on_hand,
                "reserved": self.reserved,
                "available": self.available,
            },
            "rating": self.rating,
            "cover_url": None,
        }

    def show(self) -> Json:
        more = {"description": self.members["description"], "categories": [self.category.ref()]}
        return {**self.summary(), **more, **TIMES}


@dataclass(eq=False, repr=False)
class Review(Resource):
    """What a reader says of a book."""

    PLACE = "reviews"
    book: Book
    user: "User"
    members: Json

    def show(self) -> Json:
        about = {"id": self.id, "book_id": self.book.id, "author_name": self.user.name}
        return {**about, "title": None, "body": None, **self.members, **TIMES}


@dataclass(eq=False, repr=False)
class Item:
    """A book in a cart, at the price that was seen."""

    book: Book
    quantity: int
    unit: int

    def show(self) -> Json:
        return {
            "book_id": self.book.id,
            "title": self.book.members["title"],
            "quantity": self.quantity,
            "unit_price": price(self.unit),
            "line_total": price(self.unit * self.quantity),
            "available": self.book.available,
        }


@dataclass(eq=False, repr=False)
class Cart:
    """What somebody is about to buy."""

    user: "User"
    items: dict[Book, Item] = field(default_factory=dict)
    gone = False
    path = "/cart"

    @property
    def shown(self) -> list[Item]:
        """The items whose books are still sold."""
        return [item for item in self.items.values() if not item.book.gone]

    def show(self) -> Json:
        total = sum(item.unit * item.quantity for item in self.shown)
        items = [item.show() for item in self.shown]
        return {"items": items, "total": price(total), "expires_at": moment_if(self.items)}


@dataclass(eq=False, repr=False)
class User(Resource):
    """An account in one session."""

    PLACE = "users"
    email: str
    name: str
    role: str
    disabled: bool = False
    signed_in: bool = True
    reviews: list[Review] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cart = Cart(self)

    @property
    def is_staff(self) -> bool:
        """An admin may do all that staff may."""
        return self.role in {"staff", "admin"}

    def show(self) -> Json:
        about = {"id": self.id, "email": self.email, "name": self.name}
        return {**about, "role": self.role, "disabled": self.disabled, **TIMES}

    def __repr__(self) -> str:
        return self.name
