"""Authors: unique names, found under a new name at once, kept while books refer to them."""

import pytest

from harness import formats
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.shop import Shop


def test_an_author_is_what_was_sent(anyone: Client, staff: Client) -> None:
    name = f"Gabriel García Márquez {formats.word()}"
    body = {"name": name, "biography": "Born in Aracataca.\nWrote.", "unknown": 1}
    invalid(staff.post("/authors", body), {"/unknown": "unexpected"})
    del body["unknown"]
    answer = succeeded(staff.post("/authors", body), 201)
    author = answer.json()
    assert (author["name"], author["biography"]) == (name, "Born in Aracataca.\nWrote.")
    assert author["created_at"] == author["updated_at"]
    assert location(answer) == f"/authors/{author['id']}"
    seen = succeeded(anyone.get(location(answer)))
    assert (seen.json(), seen.headers["ETag"]) == (author, answer.headers["ETag"])


def test_a_biography_is_optional(shop: Shop) -> None:
    assert shop.author()["biography"] is None
    assert shop.author(biography=None)["biography"] is None


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("name", "", "length"),
        ("name", "x" * 201, "length"),
        ("name", "A; B", "format"),
        ("name", "A\tB", "format"),
        ("name", "A\n", "format"),
        ("name", None, "type"),
        ("name", 1, "type"),
        ("biography", "", "length"),
        ("biography", "x" * 5001, "length"),
        ("biography", "a\tb", "format"),
        ("biography", "a\r\nb", "format"),
        ("biography", False, "type"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_wrong_member_is_named(
    staff: Client, shop: Shop, member: str, value: Json, code: str
) -> None:
    body = {"name": formats.word(), member: value}
    invalid(staff.post("/authors", body), {f"/{member}": code})
    path = f"/authors/{shop.author()['id']}"
    tag = staff.etag(path)
    invalid(staff.patch(path, {member: value}, tag), {f"/{member}": code})
    assert staff.etag(path) == tag


@pytest.mark.parametrize("name", ["x", "x" * 188, "王", "😀", " padded ", "O'Neil, J. R. R."])
def test_a_name_is_taken_as_it_is(shop: Shop, name: str) -> None:
    spelled = f"{name}{formats.word()}"
    assert shop.author(spelled)["name"] == spelled


def test_a_name_is_unique_but_case_and_accents_make_another(staff: Client, shop: Shop) -> None:
    name = f"Zoe {formats.word()}"
    shop.author(name)
    refused(staff.post("/authors", {"name": name}), 409, "name-taken")
    shop.author(name.upper())
    shop.author(name.replace("Zoe", "Zoë"))


def test_a_taken_name_is_refused_in_a_change(staff: Client, shop: Shop) -> None:
    taken, other = shop.author(), shop.author()
    path = f"/authors/{other['id']}"
    answer = staff.patch(path, {"name": taken["name"]}, staff.etag(path))
    refused(answer, 409, "name-taken")
    assert staff.get(path).json() == other


def test_a_merge_patch_changes_what_it_names(staff: Client, shop: Shop) -> None:
    author = shop.author(biography="Old.")
    path = f"/authors/{author['id']}"
    renamed = staff.change(path, name=f"New {formats.word()}")
    assert renamed["biography"] == "Old."
    assert renamed["updated_at"] > author["updated_at"]
    assert renamed["created_at"] == author["created_at"]
    assert staff.change(path, biography=None)["biography"] is None
    assert staff.get(path).json()["name"] == renamed["name"]


def test_a_patch_that_changes_nothing_leaves_the_author(staff: Client, shop: Shop) -> None:
    author = shop.author()
    path = f"/authors/{author['id']}"
    tag = staff.etag(path)
    for body in ({}, {"name": author["name"], "biography": None}):
        answer = succeeded(staff.patch(path, body, tag), 200)
        assert (answer.json(), answer.headers["ETag"]) == (author, tag)


def test_books_are_found_under_the_new_name_at_once(anyone: Client, shop: Shop) -> None:
    author = shop.author(f"Before {formats.word()}")
    book = shop.book(author_ids=[author["id"]])
    path = f"/books/{book['id']}"
    tag = anyone.etag(path)
    new_name = f"After {formats.word()}"
    shop.staff.change(f"/authors/{author['id']}", name=new_name)
    assert anyone.walk("/books", q=new_name)[0]["id"] == book["id"]
    assert anyone.walk("/books", q=author["name"]) == []
    seen = succeeded(anyone.get(path, headers={"If-None-Match": tag}), 200)
    assert seen.json()["authors"] == [{"id": author["id"], "name": new_name}]
    assert shop.edited(book) == book["updated_at"]


def test_an_author_with_books_stays(staff: Client, shop: Shop) -> None:
    author = shop.author()
    book = shop.book(author_ids=[author["id"]])
    path, book_path = f"/authors/{author['id']}", f"/books/{book['id']}"
    refused(staff.delete(path, staff.etag(path)), 409, "author-in-use")
    assert staff.get(path).json() == author
    succeeded(staff.delete(book_path, staff.etag(book_path)), 204)
    succeeded(staff.delete(path, staff.etag(path)), 204)
    refused(staff.get(path), 404, "not-found")
    refused(staff.delete(path, "*"), 404, "not-found")
    refused(staff.patch(path, {}, "*"), 404, "not-found")


def test_a_deleted_name_is_free_again(staff: Client, shop: Shop) -> None:
    author = shop.author()
    succeeded(staff.delete(f"/authors/{author['id']}", "*"), 204)
    assert shop.author(author["name"])["id"] != author["id"]


def test_authors_go_by_name_in_code_point_order(anyone: Client, shop: Shop) -> None:
    stem = formats.word()
    names = {f"{stem} {last}" for last in ("a", "B", "Z", "é", "z", "王", "ﬀ", "😀", "-", "~")}
    for name in names:
        shop.author(name)
    listed = [author["name"] for author in anyone.walk("/authors", limit=100)]
    assert [name for name in listed if name in names] == sorted(names)
    back = [author["name"] for author in anyone.walk("/authors", limit=100, sort="-name")]
    assert [name for name in back if name in names] == sorted(names, reverse=True)
