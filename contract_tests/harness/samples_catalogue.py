"""Sample requests of the service, accounts, catalogue, bulk, cover and stock operations."""

from harness import formats, people, pictures
from harness.contract import Json, Operation
from harness.sample import Cast, Maker, Sample, at, on, post


def _author(to: Cast) -> str:
    return f"/authors/{to.shop.author()['id']}"


def _category(to: Cast) -> str:
    return f"/categories/{to.shop.category()['id']}"


def _book(to: Cast) -> str:
    return f"/books/{to.shop.book()['id']}"


def _my_name(to: Cast, operation: Operation) -> Sample:
    return Sample(operation, to.somebody[operation.id], operation.path).with_json(_new_name())


def _logout(to: Cast, operation: Operation) -> Sample:
    return Sample(operation, to.visit().client, operation.path)


def _password(to: Cast, operation: Operation) -> Sample:
    body = {"current_password": people.PASSWORD, "new_password": "staple battery horse"}
    return Sample(operation, to.customer().client, operation.path).with_json(body)


def _cover(to: Cast) -> str:
    return to.shop.cover(to.shop.book())


def _ledger(to: Cast) -> str:
    return f"{_book(to)}/stock-adjustments"


def _first_cover(to: Cast, operation: Operation) -> Sample:
    headers = {"Content-Type": "image/png", "If-None-Match": "*"}
    return Sample(operation, to.shop.staff, f"{_book(to)}/cover", headers, pictures.png())


def _import(to: Cast, operation: Operation) -> Sample:
    row = f"{formats.isbn()},A title,An author,eng,1937,1299,3"
    text = f"isbn,title,authors,language,published_year,price_amount,stock\r\n{row}\r\n"
    headers = {"Content-Type": "text/csv"}
    return Sample(operation, to.shop.staff, operation.path, headers, text.encode())


def _login(to: Cast) -> Json:
    return {"email": to.regular.email, "password": people.PASSWORD}


def _registration(_: Cast) -> Json:
    return {"email": formats.email(), "password": people.PASSWORD, "name": "Ada Lovelace"}


def _new_name() -> Json:
    return {"name": formats.word()}


MAKERS: dict[str, Maker] = {
    "getLiveness": at(),
    "getReadiness": at(),
    "getContract": at(),
    "getDocumentation": at(),
    "getDocumentationAsset": at("/docs/initializer.js"),
    "listUsers": at(),
    "registerUser": post(_registration),
    "login": post(_login),
    "refreshTokens": post(lambda to: {"refresh_token": to.visit().refresh_token}),
    "logout": _logout,
    "getMe": at(),
    "updateMe": _my_name,
    "changePassword": _password,
    "getUser": on(lambda to: to.account),
    "updateUser": on(lambda to: to.account, lambda: {"disabled": False}, guarded=True),
    "listAuthors": at(),
    "createAuthor": post(lambda _: _new_name()),
    "getAuthor": on(_author),
    "updateAuthor": on(_author, _new_name, guarded=True),
    "deleteAuthor": on(_author, guarded=True),
    "listCategories": at(),
    "createCategory": post(lambda _: _new_name()),
    "getCategory": on(_category),
    "updateCategory": on(_category, _new_name, guarded=True),
    "deleteCategory": on(_category, guarded=True),
    "listBooks": at(),
    "createBook": post(lambda to: to.shop.book_members()),
    "importBooks": _import,
    "exportBooks": at(),
    "getBook": on(_book),
    "updateBook": on(_book, lambda: {"title": formats.word()}, guarded=True),
    "deleteBook": on(_book, guarded=True),
    "getCover": on(_cover),
    "putCover": _first_cover,
    "deleteCover": on(_cover, guarded=True),
    "listStockAdjustments": on(_ledger),
    "adjustStock": on(_ledger, lambda: {"delta": 3, "reason": "received"}, once=True),
}
