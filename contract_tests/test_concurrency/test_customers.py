"""Accounts, sessions, carts and reviews: of two who want the same, one gets it."""

from functools import partial

import pytest

from harness import formats, options, people
from harness.branch import Branch
from harness.client import Client, location, refused, succeeded
from harness.contract import Json, slug
from harness.people import PASSWORD
from harness.shop import price
from test_concurrency.crowd import Call, at_once, one_of, patient, statuses, successes

pytestmark = pytest.mark.slow
ROUNDS = options.chosen().rounds


def test_an_address_is_registered_once(crowd: Branch) -> None:
    email = formats.email()
    bodies = [
        {"email": spelled, "password": PASSWORD, "name": formats.word()}
        for spelled in [email, email.upper().replace("CONTRACT", "contract")] * 4
    ]
    answers = at_once([patient(crowd.anyone.post, "/users", body) for body in bodies])
    user = one_of(answers, "email-taken").json()
    person = people.join(crowd.anyone, email)
    assert succeeded(person.client.get("/users/me")).json() == user


def test_an_address_is_moved_to_once(crowd: Branch) -> None:
    movers, email = [crowd.customer() for _ in range(4)], formats.email()
    body = {"email": email, "current_password": PASSWORD}
    answers = at_once([patient(mover.client.patch, "/users/me", body) for mover in movers])
    user = one_of(answers, "email-taken").json()
    assert people.join(crowd.anyone, email).id == user["id"]
    for mover in movers:
        assert mover.id == user["id"] or people.join(crowd.anyone, mover.email).id == mover.id


def test_a_refresh_token_is_good_once(crowd: Branch) -> None:
    """RFC 9700, 4.14.2: a token that is used twice ends the whole session."""
    person = crowd.customer()
    refresh = partial(crowd.anyone.post, "/auth/refresh")
    body = {"refresh_token": person.refresh_token}
    answers = at_once([patient(refresh, body)] * 6)
    for answer in answers:
        if not answer.is_success:
            refused(answer, 401, "invalid-refresh-token")
    (fresh,) = [answer.json() for answer in successes(answers)]
    refused(refresh({"refresh_token": fresh["refresh_token"]}), 401, "invalid-refresh-token")
    for token in (person.client.token, fresh["access_token"]):
        refused(crowd.anyone.bearing(token).get("/users/me"), 401, "unauthenticated")
    people.join(crowd.anyone, person.email)


def test_a_password_is_changed_by_one(crowd: Branch) -> None:
    person = crowd.customer()
    sessions = [people.join(crowd.anyone, person.email) for _ in range(3)]
    words = [f"{formats.word()} {number}" for number in range(3)]
    bodies = [{"current_password": PASSWORD, "new_password": word} for word in words]
    answers = at_once(
        [
            patient(session.client.put, "/users/me/password", body)
            for session, body in zip(sessions, bodies, strict=True)
        ]
    )
    # Each later request has either an ended session or an outdated password.
    (winner,) = [number for number, answer in enumerate(answers) if answer.is_success]
    assert set(statuses(answers)) <= {204, 401, 422}
    for session in (person, *sessions):
        refused(session.client.get("/users/me"), 401, "unauthenticated")
    people.log_in(crowd.anyone, person.email, words[winner])


def test_two_admins_do_not_end_each_other(crowd: Branch) -> None:
    """The last active admin stays one."""
    pair = [people.new_member(crowd.admin, "admin") for _ in range(2)]
    path = f"/users/{succeeded(crowd.admin.get('/users/me')).json()['id']}"
    pair[0].client.change(path, role="staff")
    try:
        for number in range(ROUNDS):
            change: Json = {"disabled": True} if number % 2 else {"role": "staff"}
            calls: list[Call] = [
                patient(one.client.patch, other.path, change, "*")
                for one, other in zip(pair, pair[::-1], strict=True)
            ]
            answers = at_once(calls)
            assert len(successes(answers)) == 1
            won = answers[0].is_success
            pair = pair if won else pair[::-1]
            lost = slug(answers[won].json()["type"])
            assert lost in {"last-admin", "forbidden", "unauthenticated"}
            pair[0].client.change(pair[1].path, role="admin", disabled=False)
            pair[1] = people.join(crowd.anyone, pair[1].email)
    finally:
        pair[0].client.change(path, role="admin")
    for person in pair:
        crowd.admin.change(person.path, role="customer")


def test_parallel_writes_to_a_cart_are_all_kept(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer = crowd.sales, buyers[1]
    books = sales.books(10)
    answers = at_once([patient(sales.put, buyer, book, 2) for book in books])
    assert statuses(answers) == {200: 10}
    cart = succeeded(buyer.get("/cart")).json()
    assert {item["book_id"] for item in cart["items"]} == {book["id"] for book in books}
    assert cart["total"] == price(2 * sum(book["price"]["amount"] for book in books))
    paths = [f"/cart/items/{book['id']}" for book in books[:8]]
    answers = at_once([patient(buyer.delete, path) for path in paths])
    assert statuses(answers) == {204: 8}
    assert len(succeeded(buyer.get("/cart")).json()["items"]) == 2
    succeeded(buyer.delete("/cart"), 204)


def test_a_cart_holds_fifty_books_whoever_fills_it(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer = crowd.sales, buyers[2]
    books = sales.books(56)
    for book in books[:48]:
        succeeded(sales.put(buyer, book), 200)
    answers = at_once([patient(sales.put, buyer, book) for book in books[48:]])
    assert statuses(answers) == {200: 2, 409: 6}
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "cart-full")
    assert len(succeeded(buyer.get("/cart")).json()["items"]) == 50
    succeeded(buyer.delete("/cart"), 204)


def test_what_is_put_while_the_cart_is_ordered_is_not_lost(
    crowd: Branch, buyers: list[Client]
) -> None:
    sales = crowd.sales
    first, second = sales.book(100), sales.book(100)
    for buyer in buyers[3:8]:
        sales.fill(buyer, (first, 1))
        placed, put = at_once([patient(sales.place, buyer), patient(sales.put, buyer, second)])
        ordered = {line["book_id"] for line in succeeded(placed, 201).json()["lines"]}
        succeeded(put, 200)
        left = {item["book_id"] for item in succeeded(buyer.get("/cart")).json()["items"]}
        assert first["id"] in ordered
        assert (second["id"] in ordered) != (second["id"] in left)
        succeeded(buyer.delete("/cart"), 204)


def test_a_customer_reviews_a_book_once(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer, book = crowd.sales, buyers[8], crowd.sales.book()
    sales.delivered(buyer, (book, 1))
    calls: list[Call] = [patient(sales.review, buyer, book, 1 + number % 5) for number in range(8)]
    review = one_of(at_once(calls), "already-reviewed").json()
    assert succeeded(crowd.anyone.get(f"/books/{book['id']}/reviews")).json()["items"] == [review]
    assert rating(crowd, book) == {"average": review["rating"], "count": 1}


def test_a_rating_is_the_mean_whoever_comes_and_goes(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, crew = crowd.sales, crowd.sales.book(100), buyers[8:20]
    for buyer in crew:
        sales.delivered(buyer, (book, 1))
    calls: list[Call] = [patient(sales.review, each, book, 5) for each in crew[:6]]
    there = [succeeded(answer, 201) for answer in at_once(calls)]
    calls = [
        patient(sales.review, each, book, 1 + number) for number, each in enumerate(crew[6:11])
    ]
    for client, answer, rates in zip(crew, there, [None, None, 1, 2, 3, 4], strict=False):
        path, tag = location(answer), answer.headers["ETag"]
        if rates:
            calls.append(patient(client.patch, path, {"rating": rates}, tag))
        else:
            calls.append(patient(client.delete, path, tag))
    assert set(statuses(at_once(calls))) == {200, 201, 204}
    stars = [each["rating"] for each in crowd.anyone.walk(f"/books/{book['id']}/reviews")]
    assert sorted(stars) == sorted([1, 2, 3, 4, 5, 1, 2, 3, 4])
    assert rating(crowd, book) == {"average": round(sum(stars) / len(stars), 2), "count": 9}


def rating(crowd: Branch, book: Json) -> Json:
    return succeeded(crowd.anyone.get(f"/books/{book['id']}")).json()["rating"]
