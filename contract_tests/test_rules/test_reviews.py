"""Reviews: open to who received the book, once; its rating is their exact mean at every moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import people
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.sales import STATES, Sales

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


@pytest.fixture(scope="module")
def readers(anyone: Client) -> list[Person]:
    """Eight customers: enough for means that a careless rounding gets wrong."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: people.new_customer(anyone), range(8)))


@pytest.fixture
def received(sales: Sales, readers: list[Person]) -> Json:
    """A book that the first reader received."""
    book = sales.book()
    sales.delivered(readers[0].client, (book, 1))
    return book


def rating(sales: Sales, book: Json) -> tuple[float | None, int]:
    """A book's mean and count, the same in its own representation and in a list."""
    shown = succeeded(sales.staff.get(f"/books/{book['id']}")).json()["rating"]
    listed = succeeded(sales.staff.get("/books", params={"q": book["title"]})).json()["items"]
    assert [each["rating"] for each in listed if each["id"] == book["id"]] == [shown]
    return shown["average"], shown["count"]


def reviews(sales: Sales, book: Json, limit: int = 100) -> list[Json]:
    return sales.staff.bearing(None).walk(f"/books/{book['id']}/reviews", limit=limit)


def test_a_review_says_what_who_and_when(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    body: Json = {"rating": 4, "title": "There and back", "body": "In one sitting.\nTwice."}
    tag = sales.staff.etag(f"/books/{received['id']}")
    answer = succeeded(sales.review(readers[0].client, received, **body), 201)
    review = answer.json()
    assert {name: review[name] for name in body} == body
    assert (review["book_id"], review["author_name"]) == (received["id"], "Ada Lovelace")
    assert review["created_at"] == review["updated_at"]
    assert location(answer) == f"/reviews/{review['id']}"
    seen = succeeded(sales.staff.bearing(None).get(location(answer)), 200)
    assert (seen.json(), seen.headers["ETag"]) == (review, answer.headers["ETag"])
    assert reviews(sales, received) == [review]
    assert rating(sales, received) == (4.0, 1)
    assert sales.staff.etag(f"/books/{received['id']}") != tag


def test_title_and_body_may_be_left_out(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    review = succeeded(sales.review(readers[0].client, received, rating=1), 201).json()
    assert (review["title"], review["body"]) == (None, None)


@pytest.mark.parametrize("state", [state for state in STATES if state != "delivered"])
@pytest.mark.usefixtures("received")
def test_only_a_delivered_order_opens_reviews(
    sales: Sales, readers: list[Person], state: str
) -> None:
    reader, book = readers[0].client, sales.book()  # to whom another book was delivered
    sales.in_state(state, reader, (book, 1))
    refused(sales.review(reader, book), 409, "review-not-allowed")
    assert rating(sales, book) == (None, 0)
    assert reviews(sales, book) == []


def test_somebody_else_s_order_or_another_book_opens_nothing(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    other = sales.book()
    refused(sales.review(readers[0].client, other), 409, "review-not-allowed")
    refused(sales.review(readers[2].client, received), 409, "review-not-allowed")
    sales.delivered(readers[2].client, (other, 1))
    refused(sales.review(readers[0].client, other), 409, "review-not-allowed")
    refused(sales.review(readers[2].client, received), 409, "review-not-allowed")
    refused(sales.review(sales.staff, received), 409, "review-not-allowed")
    assert rating(sales, received) == (None, 0)


def test_there_is_one_review_of_a_reader_and_book(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    reader = readers[0].client
    first = succeeded(sales.review(reader, received, rating=2), 201)
    tag = sales.staff.etag(f"/books/{received['id']}")
    refused(sales.review(reader, received, rating=5), 409, "already-reviewed")
    sales.delivered(reader, (received, 1))
    refused(sales.review(reader, received, rating=5), 409, "already-reviewed")
    assert reviews(sales, received) == [first.json()]
    assert rating(sales, received) == (2.0, 1)
    assert tag
    succeeded(reader.delete(location(first), "*"), 204)
    succeeded(sales.review(reader, received, rating=5), 201)
    assert rating(sales, received) == (5.0, 1)


def test_a_refused_review_leaves_the_book(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    succeeded(sales.review(readers[0].client, received), 201)
    tag = sales.staff.etag(f"/books/{received['id']}")
    for reader in readers[:2]:
        assert sales.review(reader.client, received).status_code == 409
    assert sales.staff.etag(f"/books/{received['id']}") == tag


MEANS = [(1, 1.0), (1, 1.0), (1, 1.0), (1, 1.0), (1, 1.0), (1, 1.0), (1, 1.0), (2, 1.13)]
"""1.125 is rounded up: neither to the even digit, nor through a float."""


@pytest.mark.slow
def test_a_rating_is_the_exact_mean(sales: Sales, readers: list[Person]) -> None:
    book = sales.book()
    edited = sales.shop.edited(book)
    paths = []
    for count, (reader, (stars, mean)) in enumerate(zip(readers, MEANS, strict=True), start=1):
        sales.delivered(reader.client, (book, 1))
        created = succeeded(sales.review(reader.client, book, rating=stars), 201)
        paths.append(location(created))
        assert rating(sales, book) == (mean, count)
    for reader, path, stars, mean in (
        (readers[0], paths[0], 5, 1.63),  # 13 of 8: 1.625
        (readers[1], paths[1], 5, 2.13),  # 17 of 8: 2.125
        (readers[2], paths[2], 3, 2.38),  # 19 of 8: 2.375
        (readers[2], paths[2], 2, 2.25),
    ):
        reader.client.change(path, rating=stars)
        assert rating(sales, book) == (mean, 8)
    for reader, path, mean in (
        (readers[0], paths[0], 1.86),  # 13 of 7
        (readers[1], paths[1], 1.33),  # 8 of 6
        (readers[2], paths[2], 1.2),
    ):
        succeeded(reader.client.delete(path, "*"), 204)
        assert rating(sales, book)[0] == mean
    for reader, path in zip(readers[3:], paths[3:], strict=True):
        succeeded(reader.client.delete(path, "*"), 204)
    assert rating(sales, book) == (None, 0)
    assert sales.shop.edited(book) == edited


def test_books_are_sorted_by_their_rating(sales: Sales, readers: list[Person]) -> None:
    author = sales.shop.author()["id"]
    books = [sales.book(author_ids=[author]) for _ in range(3)]
    sales.delivered(readers[0].client, *((book, 1) for book in books))
    for book, stars in zip(books, (3, None, 4), strict=True):
        if stars:
            succeeded(sales.review(readers[0].client, book, rating=stars), 201)
    for sort, expected in (("rating", (1, 0, 2)), ("-rating", (2, 0, 1))):
        found = sales.staff.walk("/books", author_id=author, sort=sort, limit=1)
        assert [book["id"] for book in found] == [books[place]["id"] for place in expected]


def test_a_review_is_changed_by_its_owner(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    reader = readers[0].client
    created = succeeded(sales.review(reader, received, rating=5, title="Good"), 201)
    path, tag = location(created), created.headers["ETag"]
    changed = succeeded(reader.patch(path, {"title": None, "body": "Hm."}, tag), 200)
    expected = {**created.json(), "title": None, "body": "Hm."}
    assert {**changed.json(), "updated_at": created.json()["updated_at"]} == expected
    assert changed.json()["updated_at"] > created.json()["updated_at"]
    assert changed.headers["ETag"] != tag
    refused(reader.patch(path, {"rating": 1}, tag), 412, "precondition-failed")
    assert rating(sales, received) == (5.0, 1)
    seen = succeeded(reader.get(path))
    assert (seen.json(), seen.headers["ETag"]) == (changed.json(), changed.headers["ETag"])


@pytest.mark.parametrize("same", [{}, {"rating": 5}, {"title": "Good", "body": None}])
def test_a_patch_that_changes_nothing_leaves_review_and_book(
    sales: Sales, received: Json, readers: list[Person], same: Json
) -> None:
    reader = readers[0].client
    created = succeeded(sales.review(reader, received, rating=5, title="Good"), 201)
    tag = sales.staff.etag(f"/books/{received['id']}")
    after = succeeded(reader.patch(location(created), same, "*"), 200)
    assert (after.json(), after.headers["ETag"]) == (created.json(), created.headers["ETag"])
    assert sales.staff.etag(f"/books/{received['id']}") == tag


def test_a_patch_of_words_leaves_the_book(
    sales: Sales, received: Json, readers: list[Person]
) -> None:
    path = location(succeeded(sales.review(readers[0].client, received), 201))
    tag = sales.staff.etag(f"/books/{received['id']}")
    readers[0].client.change(path, body="Better the second time.")
    assert sales.staff.etag(f"/books/{received['id']}") == tag
    readers[0].client.change(path, rating=3)
    assert sales.staff.etag(f"/books/{received['id']}") != tag


def test_nobody_else_changes_a_review(
    sales: Sales, received: Json, readers: list[Person], admin: Client
) -> None:
    created = succeeded(sales.review(readers[0].client, received), 201)
    path = location(created)
    for somebody in (readers[1].client, sales.staff, admin):
        refused(somebody.patch(path, {"rating": 1}, "*"), 403, "forbidden")
        refused(somebody.patch(path, {"rating": 1}), 403, "forbidden")
        malformed = {"Content-Type": "application/json", "If-Match": "*"}
        answer = somebody.request("PATCH", path, content=b"{", headers=malformed)
        refused(answer, 403, "forbidden")
        refused(somebody.patch(f"/reviews/{UNKNOWN_ID}", {"rating": 1}, "*"), 404, "not-found")
    refused(readers[1].client.delete(path, "*"), 403, "forbidden")
    refused(readers[1].client.delete(path), 403, "forbidden")
    assert succeeded(sales.staff.get(path)).json() == created.json()
    assert rating(sales, received) == (5.0, 1)


def test_a_review_is_removed_by_its_owner_or_staff(
    sales: Sales, received: Json, readers: list[Person], admin: Client
) -> None:
    for somebody in (readers[0].client, sales.staff, admin):
        path = location(succeeded(sales.review(readers[0].client, received), 201))
        assert rating(sales, received) == (5.0, 1)
        refused(somebody.delete(path, '"stale"'), 412, "precondition-failed")
        succeeded(somebody.delete(path, somebody.etag(path)), 204)
        refused(somebody.get(path), 404, "not-found")
        refused(somebody.delete(path, "*"), 404, "not-found")
        assert rating(sales, received) == (None, 0)


def test_reviews_bear_their_author_s_name_as_it_is_now(
    sales: Sales, received: Json, customer: Person
) -> None:
    sales.delivered(customer.client, (received, 1))
    created = succeeded(sales.review(customer.client, received), 201)
    path, tag = location(created), created.headers["ETag"]
    succeeded(customer.client.patch("/users/me", {"name": "Countess"}), 200)
    seen = succeeded(sales.staff.get(path))
    assert seen.json()["author_name"] == "Countess"
    assert seen.headers["ETag"] != tag
    assert [review["author_name"] for review in reviews(sales, received)] == ["Countess"]
    refused(customer.client.patch(path, {"rating": 1}, tag), 412, "precondition-failed")


def test_reviews_are_listed_newest_first(sales: Sales, readers: list[Person]) -> None:
    book, created = sales.book(), []
    for reader in readers[:5]:
        sales.delivered(reader.client, (book, 1))
        created.append(succeeded(sales.review(reader.client, book), 201).json())
    for limit in (1, 2, 100):
        assert reviews(sales, book, limit) == created[::-1]


def test_reviews_of_no_book_are_a_404(anyone: Client, sales: Sales) -> None:
    refused(anyone.get(f"/books/{UNKNOWN_ID}/reviews"), 404, "not-found")
    gone = sales.shop.book()
    path = f"/books/{gone['id']}"
    succeeded(sales.staff.delete(path, "*"), 204)
    refused(anyone.get(f"{path}/reviews"), 404, "not-found")
    refused(sales.review(sales.staff, gone), 404, "not-found")


WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"rating": 0}, {"/rating": "range"}),
    ({"rating": 6}, {"/rating": "range"}),
    ({"rating": 4.5}, {"/rating": "type"}),
    ({"rating": "5"}, {"/rating": "type"}),
    ({"rating": True}, {"/rating": "type"}),
    ({"rating": None}, {"/rating": "type"}),
    ({"rating": 5, "title": ""}, {"/title": "length"}),
    ({"rating": 5, "title": "x" * 121}, {"/title": "length"}),
    ({"rating": 5, "title": "a\nb"}, {"/title": "format"}),
    ({"rating": 5, "body": "x" * 5001}, {"/body": "length"}),
    ({"rating": 5, "body": "a\tb"}, {"/body": "format"}),
    (
        {"rating": 9, "title": 1, "body": "", "user_id": UNKNOWN_ID},
        {"/rating": "range", "/title": "type", "/body": "length", "/user_id": "unexpected"},
    ),
]


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_review_is_named(
    sales: Sales, received: Json, readers: list[Person], body: Json, errors: dict[str, str]
) -> None:
    reader = readers[0].client
    invalid(reader.post(f"/books/{received['id']}/reviews", body), errors)
    assert reviews(sales, received) == []
    path = location(succeeded(sales.review(reader, received, rating=5), 201))
    invalid(reader.patch(path, body, "*"), errors)
    assert rating(sales, received) == (5.0, 1)


@pytest.mark.slow
def test_reviews_at_once_are_all_counted(sales: Sales, readers: list[Person]) -> None:
    book = sales.book(20)
    for reader in readers:
        sales.delivered(reader.client, (book, 1))
    stars = [1, 2, 3, 4, 5, 5, 5, 4]
    with ThreadPoolExecutor(16) as pool:
        twice = [(reader.client, star) for reader, star in zip(readers, stars, strict=True)] * 2
        answers = list(pool.map(lambda pair: sales.review(pair[0], book, rating=pair[1]), twice))
    assert sorted(answer.status_code for answer in answers) == [201] * 8 + [409] * 8
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "already-reviewed")
    assert rating(sales, book) == (3.63, 8)  # 29 of 8: 3.625
    assert len(reviews(sales, book)) == 8
