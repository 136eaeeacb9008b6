"""Categories: a tree with names unique over all of it, never a cycle, kept while in use."""

import pytest

from harness import formats
from harness.client import Client, invalid, refused, succeeded
from harness.contract import Json
from harness.shop import Shop

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


def at(category: Json) -> str:
    return f"/categories/{category['id']}"


def test_a_category_stands_at_the_root_or_below_another(anyone: Client, shop: Shop) -> None:
    root = shop.category()
    child = shop.category(parent=root)
    assert root["parent_id"] is None
    assert child["parent_id"] == root["id"]
    assert succeeded(anyone.get(at(child))).json() == child


def test_an_unknown_parent_is_named(staff: Client, shop: Shop) -> None:
    body = {"name": formats.word(), "parent_id": UNKNOWN_ID}
    invalid(staff.post("/categories", body), {"/parent_id": "unknown"})
    category = shop.category()
    answer = staff.patch(at(category), {"parent_id": UNKNOWN_ID}, staff.etag(at(category)))
    invalid(answer, {"/parent_id": "unknown"})
    assert staff.get(at(category)).json() == category


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("name", "", "length"),
        ("name", "x" * 101, "length"),
        ("name", "A;B", "format"),
        ("name", None, "type"),
        ("parent_id", 1, "type"),
        ("parent_id", "nonsense", "format"),
        ("parent_id", UNKNOWN_ID[:-1], "format"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_wrong_member_is_named(staff: Client, member: str, value: Json, code: str) -> None:
    answer = staff.post("/categories", {"name": formats.word(), member: value})
    (found,) = refused(answer, 422, "validation-failed")["errors"]
    assert found["pointer"] == f"/{member}"
    assert found["code"] in {code, "length" if member == "parent_id" else code}


def test_a_name_is_unique_over_the_whole_tree(staff: Client, shop: Shop) -> None:
    taken = shop.category(parent=shop.category())
    refused(staff.post("/categories", {"name": taken["name"]}), 409, "name-taken")
    other = shop.category()
    answer = staff.patch(at(other), {"name": taken["name"]}, staff.etag(at(other)))
    refused(answer, 409, "name-taken")
    assert staff.get(at(other)).json() == other


def test_a_category_moves_with_all_below_it(staff: Client, shop: Shop) -> None:
    old, new = shop.category(), shop.category()
    child = shop.category(parent=old)
    assert staff.change(at(child), parent_id=new["id"])["parent_id"] == new["id"]
    assert staff.change(at(child), name=formats.word())["parent_id"] == new["id"]
    assert staff.change(at(child), parent_id=None)["parent_id"] is None


def test_a_category_is_never_its_own_ancestor(staff: Client, shop: Shop) -> None:
    top = shop.category()
    middle = shop.category(parent=top)
    bottom = shop.category(parent=middle)
    for parent in (top, middle, bottom):
        answer = staff.patch(at(top), {"parent_id": parent["id"]}, staff.etag(at(top)))
        refused(answer, 409, "category-cycle")
        assert staff.get(at(top)).json() == top
    staff.change(at(bottom), parent_id=top["id"])
    answer = staff.patch(at(middle), {"parent_id": bottom["id"]}, staff.etag(at(middle)))
    succeeded(answer, 200)


def test_a_category_with_subcategories_stays(staff: Client, shop: Shop) -> None:
    parent = shop.category()
    child = shop.category(parent=parent)
    refused(staff.delete(at(parent), staff.etag(at(parent))), 409, "category-in-use")
    succeeded(staff.delete(at(child), staff.etag(at(child))), 204)
    succeeded(staff.delete(at(parent), staff.etag(at(parent))), 204)
    refused(staff.get(at(parent)), 404, "not-found")


def test_a_category_with_books_stays(staff: Client, shop: Shop) -> None:
    category = shop.category()
    book = shop.book(category_ids=[category["id"]])
    refused(staff.delete(at(category), staff.etag(at(category))), 409, "category-in-use")
    staff.change(f"/books/{book['id']}", category_ids=[])
    succeeded(staff.delete(at(category), staff.etag(at(category))), 204)


def test_the_tree_is_listed_by_name_or_by_level(anyone: Client, shop: Shop) -> None:
    parent = shop.category()
    stem = formats.word()
    children = [shop.category(f"{stem} {letter}", parent) for letter in "cAéb"]
    by_name = sorted(children, key=lambda category: str(category["name"]))
    assert anyone.walk("/categories", parent_id=parent["id"], limit=1) == by_name
    back = anyone.walk("/categories", parent_id=parent["id"], sort="-name", limit=3)
    assert back == by_name[::-1]
    ids = {category["id"] for category in children}
    everything = anyone.walk("/categories", limit=100)
    assert [category for category in everything if category["id"] in ids] == by_name
    assert anyone.walk("/categories", parent_id=UNKNOWN_ID) == []


def test_a_renamed_category_changes_its_books(anyone: Client, shop: Shop) -> None:
    category = shop.category()
    book = shop.book(category_ids=[category["id"]])
    path = f"/books/{book['id']}"
    tag = anyone.etag(path)
    name = formats.word()
    shop.staff.change(at(category), name=name)
    seen = succeeded(anyone.get(path, headers={"If-None-Match": tag}), 200)
    assert seen.json()["categories"] == [{"id": category["id"], "name": name}]
    assert shop.edited(book) == book["updated_at"]
