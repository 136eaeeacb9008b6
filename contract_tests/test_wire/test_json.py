"""JSON bodies (RFC 8259): text that is not JSON is a 400, and values are taken as they are."""

import json

import httpx
import pytest

from harness import formats
from harness.client import Client, invalid, refused, succeeded

JSON = "application/json"


def create(staff: Client, content: bytes | str, media_type: str = JSON) -> httpx.Response:
    """Send a request that creates an author, with these bytes as its body."""
    return staff.post("/authors", content=content, headers={"Content-Type": media_type})


def nested(levels: int) -> str:
    """Return an author whose biography is nested; the body itself is the first level."""
    inner = "[" * (levels - 1) + "]" * (levels - 1)
    return f'{{"name": "{formats.word()}", "biography": {inner}}}'


NOT_JSON = {
    "empty": b"",
    "blank": b" \n",
    "cut off": b'{"name": "a"',
    "two values": b'{"name": "a"} {"name": "b"}',
    "a trailing comma": b'{"name": "a",}',
    "single quotes": b"{'name': 'a'}",
    "a comment": b'{"name": "a"} // author',
    "a bare word": b'{"name": True}',
    "a leading zero": b'{"name": 01}',
    "a raw control character": b'{"name": "a\nb"}',
    "a null byte": b'{"name": "a"}\0',
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "UTF-32": '{"name": "a"}'.encode("utf-32-le"),
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "an overlong encoding": b'{"name": "\xc0\xaf"}',
    "an encoded surrogate": b'{"name": "\xed\xa0\x80"}',
}


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
def test_text_that_is_not_json_is_a_400(staff: Client, content: bytes) -> None:
    refused(create(staff, content), 400, "malformed-request")


NEVER_VALID = {
    "NaN": b'{"name": NaN}',
    "-Infinity": b'{"name": -Infinity}',
    "a lone high surrogate": rb'{"name": "\ud83d"}',
    "a lone low surrogate": rb'{"name": "a\udc00b"}',
    "a lone surrogate in a member's name": rb'{"name": "a", "\ud83d": 1}',
    "a huge integer": b'{"name": 1%s}' % (b"0" * 5000),
    "a huge exponent": b'{"name": 1e400}',
    "33 levels": nested(33).encode(),
    "100,000 lists": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("content", NEVER_VALID.values(), ids=NEVER_VALID)
def test_json_that_no_schema_allows_is_a_400_or_422(staff: Client, content: bytes) -> None:
    assert create(staff, content).status_code in {400, 422}


def test_32_levels_are_read(staff: Client) -> None:
    invalid(create(staff, nested(32)), {"/biography": "type"})


def test_brackets_in_a_string_are_not_levels(staff: Client) -> None:
    name = "[{" * 40 + formats.word()
    assert succeeded(create(staff, json.dumps({"name": name})), 201).json()["name"] == name


def test_last_of_duplicate_members_counts(staff: Client) -> None:
    name = formats.word()
    content = f'{{"name": 1, "name": "first", "name": "{name}"}}'
    assert succeeded(create(staff, content), 201).json()["name"] == name


@pytest.mark.parametrize(
    ("escaped", "read"),
    [(r"\ud83d\ude00", "😀"), (r"\u00e9", "é"), (r"\/", "/"), (r"\u2028", "\u2028")],
)
def test_escape_is_read_as_its_character(staff: Client, escaped: str, read: str) -> None:
    stem = formats.word()
    answer = succeeded(create(staff, f'{{"name": "{stem}{escaped}"}}'), 201)
    assert answer.json()["name"] == stem + read


def test_response_is_utf_8(staff: Client) -> None:
    name = f"王 é {formats.word()}"
    answer = succeeded(create(staff, json.dumps({"name": name}, ensure_ascii=False).encode()), 201)
    assert json.loads(answer.content.decode())["name"] == name


@pytest.mark.parametrize("character", [r"\u0000", r"\u0009", r"\u001f", r"\u007f", r"\u009f"])
def test_control_character_in_a_string_is_a_422(staff: Client, character: str) -> None:
    invalid(create(staff, f'{{"name": "a{character}b"}}'), {"/name": "format"})


@pytest.mark.parametrize("character", [" ", "\u200b", "\ufeff", "\ufffd", "\uffff", "e\u0301"])
def test_string_is_neither_trimmed_nor_normalised(staff: Client, character: str) -> None:
    name = f"{character}{formats.word()}{character}"
    assert succeeded(create(staff, json.dumps({"name": name})), 201).json()["name"] == name


def test_length_is_counted_in_code_points(staff: Client) -> None:
    word = formats.word()
    fits = word + "😀" * (200 - len(word))
    assert succeeded(create(staff, json.dumps({"name": fits})), 201).json()["name"] == fits
    invalid(create(staff, json.dumps({"name": fits + "😀"})), {"/name": "length"})


@pytest.mark.parametrize(
    "media_type", ["Application/JSON", 'application/json; charset="UTF-8"', f"{JSON};charset=utf-8"]
)
def test_json_may_declare_utf_8(staff: Client, media_type: str) -> None:
    succeeded(create(staff, json.dumps({"name": formats.word()}), media_type), 201)


@pytest.mark.parametrize(
    "media_type", ["application/jsonx", "application/merge-patch+json", "json", ""]
)
def test_another_media_type_is_a_415(staff: Client, media_type: str) -> None:
    answer = create(staff, json.dumps({"name": formats.word()}), media_type)
    refused(answer, 415, "unsupported-media-type")


def test_body_of_exactly_one_mebibyte_is_read(staff: Client) -> None:
    body = json.dumps({"name": formats.word()})
    succeeded(create(staff, body + " " * (1024 * 1024 - len(body))), 201)
    answer = create(staff, body + " " * (1024 * 1024 - len(body) + 1))
    refused(answer, 413, "content-too-large")


def test_pointer_of_an_error_is_escaped(staff: Client) -> None:
    """RFC 6901, 3: `~` becomes `~0`, and `/` becomes `~1`."""
    answer = create(staff, json.dumps({"name": formats.word(), "a/b": 1, "c~d": 1, "": 1, "é": 1}))
    expected = {"/a~1b", "/c~0d", "/", "/é"}
    invalid(answer, dict.fromkeys(expected, "unexpected"))
