"""Staff look at orders, payments and reviews, and act through the services of the API."""

import re
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from bookstore.accounts.models import User
from bookstore.accounts.tokens import hash_password
from bookstore.catalogue.models import Book
from bookstore.layout import migrate
from bookstore.orders.models import Order, OrderLine
from bookstore.payments import provider
from bookstore.payments.models import Payment, Refund
from bookstore.payments.provider import Failed, Outcome, Succeeded, Unknown
from bookstore.reviews.models import Review
from bookstore.stock.models import StockAdjustment
from bookstore.wsgi import application


class Shop:
    """One order, paid and open, and the browser of somebody who looks at it."""

    def __init__(self, role: str) -> None:
        migrate()
        self.user = User.objects.create(
            email="s@b.example", password=hash_password(""), name="S", role=role
        )
        self.book = Book.objects.create(
            isbn="9780261102217",
            title="The Hobbit",
            title_key="",
            search_text="",
            price_amount=1299,
            on_hand=5,
            reserved=2,
        )
        self.order = Order.objects.create(
            user=self.user,
            total_amount=2598,
            captured_amount=2598,
            state="paid",
            currency="EUR",
            shipping_address={"name": "Ada <Lovelace>", "line2": None, "city": "London"},
        )
        OrderLine.objects.create(
            order=self.order,
            position=0,
            book=self.book,
            isbn=self.book.isbn,
            title=self.book.title,
            quantity=2,
            unit_amount=1299,
        )
        self.payment = Payment.objects.create(
            order=self.order,
            amount=2598,
            currency="EUR",
            status="captured",
            provider_id="pay_1",
            payment_method="pm_card_visa",
        )
        login = Client()
        login.force_login(self.user)
        session = login.cookies[settings.SESSION_COOKIE_NAME].value
        self.browser = httpx.Client(
            transport=httpx.WSGITransport(app=application),
            base_url="http://127.0.0.1",
            cookies={settings.SESSION_COOKIE_NAME: session},
            follow_redirects=True,
        )

    def page(self, name: str, *arguments: Any, **query: str) -> str:
        return self.browser.get(
            reverse(f"admin:bookstore_{name}", args=arguments), params=query
        ).text

    def send(self, url: str, **fields: str) -> str:
        """A form, with the token it came with."""
        tokens = re.findall(
            'name="csrfmiddlewaretoken" value="([^"]+)"', self.browser.get(url).text
        )
        return self.browser.post(url, data={**fields, "csrfmiddlewaretoken": tokens[-1]}).text

    def act(self, name: str, **fields: str) -> str:
        url = reverse(f"admin:bookstore_order_{name}", args=(self.order.id,))
        page = self.send(url, **fields)
        self.order.refresh_from_db()
        self.book.refresh_from_db()
        return page


@pytest.fixture
def shop(database: None, request: pytest.FixtureRequest) -> Shop:  # noqa: ARG001 -- the database must exist first
    return Shop(getattr(request, "param", "staff"))


def answers(monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    def create_refund(_: Refund) -> Outcome:
        assert not transaction.get_connection().in_atomic_block, (
            "nothing is locked while the provider thinks"
        )
        return outcome

    monkeypatch.setattr(provider, "create_refund", create_refund)


def test_an_order_shows_all_that_belongs_to_it(shop: Shop) -> None:
    page = shop.page("order_change", shop.order.id)
    for sight in (
        "The Hobbit",
        "25.98 EUR",
        "pm_card_visa",
        "Ada &lt;Lovelace&gt;",
        "Ship</a>",
        "Cancel</a>",
    ):
        assert sight in page
    assert "Mark as delivered" not in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("term", ["", "s@b.example", "9780261102217"])
def test_orders_and_payments_are_found(shop: Shop, term: str) -> None:
    assert str(shop.order.id) in shop.page("order_changelist", q=term or str(shop.order.id))
    assert "card_visa" in shop.page("payment_changelist", q=str(shop.payment.id))
    assert "0 orders" in shop.page("order_changelist", q="nobody")


def test_shipping_and_delivering(shop: Shop) -> None:
    assert "This field is required" in shop.act("ship", carrier="Royal Mail")
    assert "only an order that is shipped" in shop.act("deliver")
    assert "on its way" in shop.act("ship", carrier="Royal Mail", tracking_number="RM1")
    assert (shop.book.on_hand, shop.book.reserved) == (3, 0)
    assert StockAdjustment.objects.get().user_id == shop.user.id
    assert "is delivered" in shop.act("deliver")
    assert shop.order.state == "delivered"


@pytest.mark.parametrize(
    ("outcome", "status", "refunded"),
    [
        (Succeeded("re_1", 500, "EUR"), "succeeded", 500),
        (Failed("refund_refused"), "failed", 0),
        (Unknown("silence"), "pending", 500),
    ],
)
def test_refunding(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, status: str, refunded: int
) -> None:
    answers(monkeypatch, outcome)
    assert f"The refund is {status}" in shop.act("refund", amount="500", reason="dented")
    assert shop.order.refunded_amount == refunded
    refund = Refund.objects.get()
    assert (refund.status, refund.reason, refund.user_id) == (status, "dented", shop.user.id)


def test_more_than_was_paid_is_refused(shop: Shop) -> None:
    assert "Captured 2598, refunded so far 0, requested 2599" in shop.act("refund", amount="2599")
    assert not Refund.objects.exists()


def test_cancelling_gives_all_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, Succeeded("re_1", 2598, "EUR"))
    assert "its refund is succeeded" in shop.act("cancel")
    assert (shop.order.state, shop.order.refunded_amount, shop.book.reserved) == (
        "cancelled",
        2598,
        0,
    )
    assert "cancelled; only" in shop.act("cancel")


def test_a_review_is_removed_with_its_stars(shop: Shop) -> None:
    Book.objects.update(rating_sum=4, rating_count=1)
    review = Review.objects.create(book=shop.book, user=shop.user, rating=4, title="Fine")
    assert "Fine" in shop.page("review_changelist")
    url = reverse("admin:bookstore_review_delete", args=(review.id,))
    shop.send(url, post="yes")
    shop.book.refresh_from_db()
    assert not Review.objects.exists()
    assert (shop.book.rating_sum, shop.book.rating_count) == (0, 0)


@pytest.mark.parametrize("shop", ["customer"], indirect=True)
def test_customers_stay_outside(shop: Shop) -> None:
    assert "Ada" not in shop.page("order_change", shop.order.id)
    shop.act("ship", carrier="Royal Mail", tracking_number="RM1")
    assert shop.order.state == "paid"


def test_a_form_of_another_site_does_nothing(shop: Shop) -> None:
    url = reverse("admin:bookstore_order_cancel", args=(shop.order.id,))
    assert shop.browser.post(url).status_code == 403
    shop.order.refresh_from_db()
    assert shop.order.state == "paid"
