"""Covers: raw PNG, JPEG or WebP, known by content, guarded like everything that can change."""

import hashlib
from collections.abc import Callable

import pytest

from harness import pictures
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.shop import Shop

EACH_TYPE = pytest.mark.parametrize(("media_type", "picture"), pictures.BY_TYPE.items())


def put(staff: Client, book: Json, picture: bytes, media_type: str, **condition: str) -> Json:
    names = {"match": "If-Match", "none_match": "If-None-Match"}
    headers = {names[name]: value for name, value in condition.items()}
    path = f"/books/{book['id']}/cover"
    return staff.put(path, content=picture, headers={"Content-Type": media_type, **headers})


@EACH_TYPE
def test_a_cover_is_kept_as_it_is(
    anyone: Client, shop: Shop, media_type: str, picture: bytes
) -> None:
    book = shop.book()
    path = f"/books/{book['id']}/cover"
    refused(anyone.get(path), 404, "not-found")
    answer = succeeded(put(shop.staff, book, picture, media_type, none_match="*"), 201)
    size = len(picture)
    assert answer.json() == {"content_type": media_type, "width": 2, "height": 3, "size": size}
    assert location(answer) == path
    seen = succeeded(anyone.get(path), 200)
    assert (seen.content, seen.headers["Content-Type"]) == (picture, media_type)
    tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    assert seen.headers["ETag"] == answer.headers["ETag"] == tag
    assert anyone.get(f"/books/{book['id']}").json()["cover_url"] == path
    assert anyone.walk("/books", q=book["title"])[0]["cover_url"] == path


@pytest.mark.parametrize(
    ("media_type", "picture"), pictures.VARIANTS.values(), ids=pictures.VARIANTS
)
def test_every_variant_of_a_format_is_taken(
    anyone: Client, shop: Shop, media_type: str, picture: bytes
) -> None:
    path = shop.cover(shop.book(), picture, media_type)
    seen = succeeded(anyone.get(path), 200)
    assert (seen.content, seen.headers["Content-Type"]) == (picture, media_type)


@EACH_TYPE
def test_a_cover_comes_in_its_own_format(
    anyone: Client, shop: Shop, media_type: str, picture: bytes
) -> None:
    path = shop.cover(shop.book(), picture, media_type)
    for accept in (media_type, "image/*", "*/*", f"image/gif, {media_type};q=0.5"):
        succeeded(anyone.get(path, headers={"Accept": accept}), 200)
    for accept in ("image/gif", "application/json", "image/*;q=0"):
        refused(anyone.get(path, headers={"Accept": accept}), 406, "not-acceptable")


def test_the_first_cover_is_set_only_once(shop: Shop) -> None:
    book = shop.book()
    put(shop.staff, book, pictures.JPEG, "image/jpeg", none_match="*")
    answer = put(shop.staff, book, pictures.png(), "image/png", none_match="*")
    refused(answer, 412, "precondition-failed")
    assert shop.staff.get(f"/books/{book['id']}/cover").content == pictures.JPEG


def test_a_cover_is_replaced_by_who_saw_it(shop: Shop) -> None:
    book = shop.book()
    answer = put(shop.staff, book, pictures.JPEG, "image/jpeg", match="*")
    refused(answer, 412, "precondition-failed")
    tag = shop.staff.etag(shop.cover(book))
    answer = put(shop.staff, book, pictures.png(), "image/png", match=tag)
    assert succeeded(answer, 200).json()["content_type"] == "image/png"
    answer = put(shop.staff, book, pictures.WEBP, "image/webp", match=tag)
    refused(answer, 412, "precondition-failed")
    assert shop.staff.get(f"/books/{book['id']}/cover").content == pictures.png()


def test_of_two_conditions_each_has_to_hold(shop: Shop) -> None:
    """RFC 9110, 13.2.2: the server evaluates `If-Match` and then `If-None-Match`."""
    book = shop.book()
    answer = put(shop.staff, book, pictures.JPEG, "image/jpeg", match='"seen"', none_match="*")
    refused(answer, 412, "precondition-failed")
    tag = shop.staff.etag(shop.cover(book))
    answer = put(shop.staff, book, pictures.png(), "image/png", match=tag, none_match="*")
    refused(answer, 412, "precondition-failed")


def test_a_cover_set_or_removed_changes_the_book(shop: Shop) -> None:
    book = shop.book()
    path = f"/books/{book['id']}"
    tags = [shop.staff.etag(path)]
    shop.cover(book)
    tags.append(shop.staff.etag(path))
    cover = f"{path}/cover"
    succeeded(shop.staff.delete(cover, shop.staff.etag(cover)), 204)
    tags.append(shop.staff.etag(path))
    assert len(set(tags)) == 3
    after = shop.staff.get(path).json()
    assert after["cover_url"] is None
    assert after["updated_at"] > book["updated_at"]
    refused(shop.staff.get(cover), 404, "not-found")
    refused(shop.staff.delete(cover, "*"), 404, "not-found")


BROKEN: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "not what it says": (pictures.png, "image/jpeg", "format"),
    "no picture": (lambda: b"nonsense", "image/png", "format"),
    "empty": (lambda: b"", "image/png", "format"),
    "cut off": (lambda: pictures.png(64, 64)[:-40], "image/png", "format"),
    "a GIF": (lambda: b"GIF89a\x01\0\x01\0\0\0\0;", "image/png", "format"),
    "only a signature": (lambda: b"\x89PNG\r\n\x1a\n", "image/png", "format"),
    "too wide": (lambda: pictures.png(4097, 1), "image/png", "range"),
    "too high": (lambda: pictures.png(1, 4097), "image/png", "range"),
    "a bomb": (lambda: pictures.png(20000, 20000), "image/png", "range"),
}


@pytest.mark.parametrize(("picture", "media_type", "code"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_picture_is_refused(
    shop: Shop, picture: Callable[[], bytes], media_type: str, code: str
) -> None:
    book = shop.book()
    invalid(put(shop.staff, book, picture(), media_type, none_match="*"), {"": code})
    refused(shop.staff.get(f"/books/{book['id']}/cover"), 404, "not-found")


def test_the_largest_picture_is_taken(shop: Shop) -> None:
    book = shop.book()
    answer = put(shop.staff, book, pictures.png(4096, 4096), "image/png", none_match="*")
    cover = succeeded(answer, 201).json()
    assert (cover["width"], cover["height"]) == (4096, 4096)


@pytest.mark.parametrize("media_type", ["image/gif", "image/svg+xml", "application/json"])
def test_other_formats_are_a_415(shop: Shop, media_type: str) -> None:
    answer = put(shop.staff, shop.book(), pictures.JPEG, media_type, none_match="*")
    refused(answer, 415, "unsupported-media-type")
