"""The contract's paths; each names the operation behind each method."""

from django.contrib import admin
from django.urls import path, register_converter
from django.urls.converters import UUIDConverter

from . import errors
from .accounts.views import AccountOperations
from .bulk.views import BulkOperations
from .cart.views import CartOperations
from .catalogue.views import CatalogueOperations
from .covers.views import CoverOperations
from .orders.views import OrderOperations
from .payments.views import PaymentEventOperations, PaymentOperations
from .reports.views import ReportOperations
from .reviews.views import ReviewOperations
from .service.views import ServiceOperations
from .stock.views import StockOperations

service = ServiceOperations.as_view
accounts = AccountOperations.as_view
catalogue = CatalogueOperations.as_view
bulk = BulkOperations.as_view
covers = CoverOperations.as_view
stock = StockOperations.as_view
reviews = ReviewOperations.as_view
cart = CartOperations.as_view
orders = OrderOperations.as_view
payments = PaymentOperations.as_view
payment_events = PaymentEventOperations.as_view
reports = ReportOperations.as_view


class IdConverter(UUIDConverter):
    """A UUID, also in upper case."""

    regex = UUIDConverter.regex.replace("a-f", "A-Fa-f")


register_converter(IdConverter, "id")
admin.autodiscover()

urlpatterns = [
    path("health/live", service({"get": "get_liveness"})),
    path("health/ready", service({"get": "get_readiness"})),
    path("openapi.yaml", service({"get": "get_contract"})),
    path("docs", service({"get": "get_documentation"})),
    path("docs/<file>", service({"get": "get_documentation_asset"})),
    path("users", accounts({"get": "list_users", "post": "register_user"})),
    path("auth/login", accounts({"post": "login"})),
    path("auth/refresh", accounts({"post": "refresh_tokens"})),
    path("auth/logout", accounts({"post": "logout"})),
    path("users/me", accounts({"get": "get_me", "patch": "update_me"})),
    path("users/me/password", accounts({"put": "change_password"})),
    path("users/<id:user_id>", accounts({"get": "get_user", "patch": "update_user"})),
    path("authors", catalogue({"get": "list_authors", "post": "create_author"})),
    path(
        "authors/<id:author_id>",
        catalogue({"get": "get_author", "patch": "update_author", "delete": "delete_author"}),
    ),
    path("categories", catalogue({"get": "list_categories", "post": "create_category"})),
    path(
        "categories/<id:category_id>",
        catalogue({"get": "get_category", "patch": "update_category", "delete": "delete_category"}),
    ),
    path("books", catalogue({"get": "list_books", "post": "create_book"})),
    path("books/import", bulk({"post": "import_books"})),
    path("books/export", bulk({"get": "export_books"})),
    path(
        "books/<id:book_id>",
        catalogue({"get": "get_book", "patch": "update_book", "delete": "delete_book"}),
    ),
    path(
        "books/<id:book_id>/cover",
        covers({"get": "get_cover", "put": "put_cover", "delete": "delete_cover"}),
    ),
    path(
        "books/<id:book_id>/stock-adjustments",
        stock({"get": "list_stock_adjustments", "post": "adjust_stock"}),
    ),
    path("books/<id:book_id>/reviews", reviews({"get": "list_reviews", "post": "create_review"})),
    path(
        "reviews/<id:review_id>",
        reviews({"get": "get_review", "patch": "update_review", "delete": "delete_review"}),
    ),
    path("cart", cart({"get": "get_cart", "delete": "clear_cart"})),
    path("cart/items/<id:book_id>", cart({"put": "put_cart_item", "delete": "delete_cart_item"})),
    path("orders", orders({"get": "list_orders", "post": "place_order"})),
    path("orders/<id:order_id>", orders({"get": "get_order"})),
    path("orders/<id:order_id>/cancellation", orders({"post": "cancel_order"})),
    path("orders/<id:order_id>/shipment", orders({"post": "ship_order"})),
    path("orders/<id:order_id>/delivery", orders({"post": "deliver_order"})),
    path("orders/<id:order_id>/payments", payments({"post": "create_payment"})),
    path("payments/<id:payment_id>", payments({"get": "get_payment"})),
    path("orders/<id:order_id>/refunds", payments({"post": "create_refund"})),
    path("webhooks/payments", payment_events({"post": "receive_payment_event"})),
    path("reports/sales", reports({"get": "get_sales_report"})),
    path("admin/", admin.site.urls),
]

handler400 = handler403 = handler404 = handler500 = errors.answer_anywhere
