"""What JSON bodies may be, decided once so that no two frameworks differ (RFC 8259)."""

import json

import httpx
import pytest

from harness import formats
from harness.client import Client, invalid, refused, succeeded

JSON = "application/json"


def create(staff: Client, content: bytes | str, media_type: str = JSON) -> httpx.Response:
    """The answer to the creation of an author from these very bytes."""
    return staff.post("/authors", content=content, headers={"Content-Type": media_type})


def nested(levels: int) -> str:
    """An author whose biography nests so deep; the body itself is the first level."""
    inner = "[" * (levels - 1) + "]" * (levels - 1)
    return f'{{"name": "{formats.word()}", "biography": {inner}}}'


UNREADABLE = {
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": Infinity}',
    "-Infinity": b'{"name": -Infinity}',
    "a lone high surrogate": rb'{"name": "\ud83d"}',
    "a lone low surrogate": rb'{"name": "a\udc00b"}',
    "surrogates the wrong way round": rb'{"name": "\ude00\ud83d"}',
    "a lone surrogate in a name": rb'{"name": "a", "\ud83d": 1}',
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "UTF-32": '{"name": "a"}'.encode("utf-32-le"),
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "an overlong encoding": b'{"name": "\xc0\xaf"}',
    "an encoded surrogate": b'{"name": "\xed\xa0\x80"}',
    "33 levels": nested(33).encode(),
    "100,000 levels": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "a trailing comma": b'{"name": "a",}',
    "single quotes": b"{'name': 'a'}",
    "a comment": b'{"name": "a"} // author',
    "two values": b'{"name": "a"} {"name": "b"}',
    "a raw control character": b'{"name": "a\nb"}',
    "a leading zero": b'{"name": 01}',
    "a bare word": b'{"name": True}',
    "cut off": b'{"name": "a"',
    "blank": b" \n",
    "a null byte": b'{"name": "a"}\0',
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_a_400(staff: Client, content: bytes) -> None:
    refused(create(staff, content), 400, "malformed-request")


def test_32_levels_can_be_read(staff: Client) -> None:
    invalid(create(staff, nested(32)), {"/biography": "type"})


def test_brackets_in_a_string_do_not_nest(staff: Client) -> None:
    name = "[{" * 40 + formats.word()
    assert succeeded(create(staff, json.dumps({"name": name})), 201).json()["name"] == name


def test_a_huge_number_can_be_read(staff: Client) -> None:
    invalid(create(staff, '{"name": 1' + "0" * 400 + "}"), {"/name": "type"})
    invalid(create(staff, '{"name": 1e400}'), {"/name": "type"})
    answer = create(staff, '{"name": 1' + "0" * 5000 + "}")
    assert answer.status_code in {400, 422}


def test_of_duplicate_members_the_last_wins(staff: Client) -> None:
    name = formats.word()
    content = f'{{"name": 1, "name": "first", "name": "{name}"}}'
    assert succeeded(create(staff, content), 201).json()["name"] == name


@pytest.mark.parametrize(
    ("escaped", "read"),
    [(r"\ud83d\ude00", "😀"), (r"\u00e9", "é"), (r"\/", "/"), (r"\u2028", "\u2028")],
)
def test_an_escape_is_what_it_stands_for(staff: Client, escaped: str, read: str) -> None:
    stem = formats.word()
    answer = succeeded(create(staff, f'{{"name": "{stem}{escaped}"}}'), 201)
    assert answer.json()["name"] == stem + read
    assert answer.content.decode()


@pytest.mark.parametrize("character", [r"\u0000", r"\u0009", r"\u001f", r"\u007f", r"\u009f"])
def test_no_text_has_control_characters(staff: Client, character: str) -> None:
    invalid(create(staff, f'{{"name": "a{character}b"}}'), {"/name": "format"})


@pytest.mark.parametrize("character", [" ", "\u200b", "\ufeff", "\ufffd", "\uffff", "e\u0301"])
def test_text_is_neither_trimmed_nor_normalised(staff: Client, character: str) -> None:
    name = f"{character}{formats.word()}{character}"
    assert succeeded(create(staff, json.dumps({"name": name})), 201).json()["name"] == name


def test_lengths_are_counted_in_code_points(staff: Client) -> None:
    word = formats.word()
    fits = word + "😀" * (200 - len(word))
    assert succeeded(create(staff, json.dumps({"name": fits})), 201).json()["name"] == fits
    invalid(create(staff, json.dumps({"name": fits + "😀"})), {"/name": "length"})


@pytest.mark.parametrize(
    "media_type",
    [
        JSON,
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
    ],
)
def test_json_may_say_that_it_is_utf_8(staff: Client, media_type: str) -> None:
    succeeded(create(staff, json.dumps({"name": formats.word()}), media_type), 201)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json; charset=latin-1",
        "application/jsonx",
        "application/merge-patch+json",
        "json",
        "",
    ],
)
def test_another_media_type_is_a_415(staff: Client, media_type: str) -> None:
    answer = create(staff, json.dumps({"name": formats.word()}), media_type)
    refused(answer, 415, "unsupported-media-type")


def test_a_body_of_exactly_one_mebibyte_is_read(staff: Client) -> None:
    body = json.dumps({"name": formats.word()})
    succeeded(create(staff, body + " " * (1024 * 1024 - len(body))), 201)
    answer = create(staff, body + " " * (1024 * 1024 - len(body) + 1))
    refused(answer, 413, "content-too-large")


def test_an_answer_is_utf_8_not_escaped(staff: Client) -> None:
    name = f"王 é {formats.word()}"
    answer = succeeded(create(staff, json.dumps({"name": name})), 201)
    assert name.encode() in answer.content
    assert answer.headers["Content-Type"] == JSON


def test_a_pointer_is_escaped(staff: Client) -> None:
    answer = create(staff, json.dumps({"name": formats.word(), "a/b": 1, "c~d": 1, "": 1, "é": 1}))
    expected = {"/a~1b", "/c~0d", "/", "/é"}
    invalid(answer, dict.fromkeys(expected, "unexpected"))


def test_a_chunked_body_is_read_and_limited(staff: Client) -> None:
    name = formats.word()
    headers = {"Authorization": f"Bearer {staff.token}", "Content-Type": JSON}
    url = f"{staff.base_url}/authors"
    chunks = [b'{"name": "', name.encode(), b'"}']
    answer = httpx.post(url, content=iter(chunks), headers=headers)
    assert answer.status_code == 201
    assert answer.json()["name"] == name
    large = (b" " * 65536 for _ in range(20))
    answer = httpx.post(url, content=large, headers=headers)
    assert answer.status_code == 413
