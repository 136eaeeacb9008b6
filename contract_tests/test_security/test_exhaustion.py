"""What a request may cost has a bound: bombs of pixels, patterns, rows and digits (CWE-400)."""

import json
import random
import struct
import zlib

import pytest

from harness import contract, formats, options, pictures
from harness.client import Client, invalid, refused, succeeded
from harness.contract import Json, Operation
from harness.samples import Sampler
from harness.shop import Shop, price

MIB = 1024 * 1024
HEADER = "isbn,title,authors,language,published_year,price_amount,stock"


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(*more: bytes, width: int = 2, height: int = 3) -> bytes:
    """A PNG with chunks before its pixels; of a size that is only claimed."""
    good = pictures.png()
    start, rest = good[:8], good[33:]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return start + chunk(b"IHDR", header) + b"".join(more) + rest


def jpeg(width: int, height: int) -> bytes:
    """A JPEG that claims this size."""
    place = pictures.JPEG.index(b"\xff\xc0") + 5
    return pictures.JPEG[:place] + struct.pack(">HH", height, width) + pictures.JPEG[place + 4 :]


def webp(width: int, height: int) -> bytes:
    """A lossless WebP that claims this size."""
    place = pictures.WEBP.index(b"VP8L") + 9
    bits = (width - 1) | (height - 1) << 14
    return pictures.WEBP[:place] + struct.pack("<I", bits) + pictures.WEBP[place + 4 :]


def extended_webp(width: int, height: int) -> bytes:
    """A WebP whose canvas is said to be this large, around a small picture."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + pictures.WEBP[12:]
    return b"RIFF" + struct.pack("<I", len(inner) + 4) + b"WEBP" + inner


LARGE = zlib.compress(b" " * (32 * MIB))
BOMBS = {
    "PNG of 4 gigapixels": (png(width=65_535, height=65_535), "image/png"),
    "PNG past all size": (png(width=2**31 - 1, height=2**31 - 1), "image/png"),
    "PNG of no width": (png(width=0), "image/png"),
    "PNG as high as it gets": (png(height=2**31 - 1), "image/png"),
    "PNG whose rows are missing": (png(width=4096, height=4096), "image/png"),
    "JPEG of 4 gigapixels": (jpeg(65_535, 65_535), "image/jpeg"),
    "JPEG of no height": (jpeg(2, 0), "image/jpeg"),
    "WebP of 268 megapixels": (webp(16_383, 16_383), "image/webp"),
    "WebP of a large canvas": (extended_webp(16_777_216, 16_777_216), "image/webp"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "media_type"), BOMBS.values(), ids=BOMBS)
def test_a_picture_is_measured_before_it_is_unpacked(
    shop: Shop, picture: bytes, media_type: str
) -> None:
    """OWASP API4:2023, CWE-409, CWE-789: kilobytes that stand for gigabytes."""
    path = f"/books/{shop.book()['id']}/cover"
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    refused(shop.staff.put(path, content=picture, headers=headers), 422, "validation-failed")
    refused(shop.staff.get(path), 404, "not-found")


EXTRAS = {
    "a text that unfolds": png(chunk(b"zTXt", b"Comment\0\0" + LARGE)),
    "an international text": png(chunk(b"iTXt", b"Comment\0\1\0\0\0" + LARGE)),
    "a colour profile": png(chunk(b"iCCP", b"Profile\0\0" + LARGE)),
    "many chunks": png(chunk(b"tEXt", b"a\0b") * 20_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("picture", EXTRAS.values(), ids=EXTRAS)
def test_what_lies_beside_the_pixels_is_not_unpacked(shop: Shop, picture: bytes) -> None:
    """OWASP API4:2023, CWE-409: taken as it is or refused, without what it unfolds to."""
    path = f"/books/{shop.book()['id']}/cover"
    headers = {"Content-Type": "image/png", "If-None-Match": "*"}
    answer = shop.staff.put(path, content=picture, headers=headers)
    assert answer.status_code in {201, 422}


@pytest.mark.slow
@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp"])
@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n<?php system('id') ?>",
        b"%PDF-1.7",
        b"push graphic-context\nfill 'url(https://127.0.0.1:1/\"|id\")'",
    ],
    ids=["SVG", "HTML", "a GIF", "half a PNG", "a PDF", "a script for ImageMagick"],
)
def test_a_picture_is_what_it_says(shop: Shop, media_type: str, content: bytes) -> None:
    """OWASP API8:2023, CWE-434, CVE-2016-3714: told by its content."""
    path = f"/books/{shop.book()['id']}/cover"
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    answer = shop.staff.put(path, content=content, headers=headers)
    refused(answer, 422, "validation-failed")
    assert " at 0x" not in answer.text, "CWE-209: where something lies in the server's memory"


@pytest.mark.slow
@pytest.mark.parametrize("media_type", pictures.BY_TYPE)
def test_a_broken_picture_breaks_nothing(shop: Shop, media_type: str) -> None:
    """OWASP API8:2023, CWE-20: bytes changed, cut and doubled at random; never a server error."""
    chance, path = random.Random(options.chosen().seed), ""
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    for _ in range(20 * options.chosen().rounds):
        path = path or f"/books/{shop.book()['id']}/cover"
        content = bytearray(pictures.BY_TYPE[media_type])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(4, len(content))
            content[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 3))
        answer = shop.staff.put(path, content=bytes(content), headers=headers)
        assert answer.status_code in {201, 422}
        path = path if answer.status_code == 422 else ""


SLOW_TEXTS = {
    "an address that backtracks": "a" * 64 + "@" + "a-" * 60 + "!",
    "dots": "a@" + "a." * 100,
    "signs": "+." * 60 + "@x.y",
    "escapes": "\\" * 200,
    "blanks": " " * 199 + "x",
    "combining marks": "e" + "\u0301" * 199,
    "what unfolds to eighteen": "\ufdfa" * 200,
    "right to left": "\u202e" * 200,
    "joined emoji": "👨\u200d👩\u200d👧\u200d👦" * 28,
    "Hangul": "각" * 200,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", SLOW_TEXTS.values(), ids=SLOW_TEXTS)
def test_no_text_takes_long(anyone: Client, shop: Shop, text: str) -> None:
    """OWASP API4:2023, CWE-1333: patterns, folding and search of the worst there is."""
    body = {"email": text, "password": text, "name": text}
    assert anyone.post("/users", body).status_code == 422
    assert anyone.get("/books", params={"q": text[:200]}).status_code == 200
    assert shop.staff.post("/books", {"isbn": text, "title": text}).status_code == 422
    assert anyone.get("/books", params={"cursor": text}).status_code == 422
    name = f"{text} {formats.word()}"[-200:]
    assert shop.staff.post("/authors", {"name": name}).status_code in {201, 422}


NUMBERS = ("1e400", "-1e400", "1" + "0" * 400, "9" * 4000, "1e-400", "0." + "0" * 4000 + "1", "-0")
MORE_NUMBERS = ("1" * 100_000, "1e99999999999", "2147483648", "9223372036854775808", "1.5", "1E2")


@pytest.mark.slow
@pytest.mark.parametrize("number", [*NUMBERS, *MORE_NUMBERS], ids=lambda number: number[:16])
def test_a_number_past_all_bounds_is_refused(shop: Shop, number: str) -> None:
    """CWE-190, CWE-1284: of money and stock, never a server error, nor an overflow."""
    members = shop.book_members(price=price(123_454_321))
    text = json.dumps(members).replace("123454321", number)
    answer = shop.staff.post("/books", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in ({201, 422} if number == "1E2" else {400, 422})
    # A framework may read a number such as 0.0 or 1E2 in a query as an integer.
    is_integral = number in {"-0", "1E2"} or not float(number[:4_000])
    for parameter in ("price_min", "limit", "published_year_min"):
        answer = shop.staff.get("/books", params={parameter: number[:4_000]})
        assert answer.status_code == 422 or (is_integral and answer.status_code == 200)


LISTS = [
    operation
    for operation in contract.operations()
    if any(parameter["name"] == "limit" for parameter in operation.parameters)
]


@pytest.mark.parametrize("operation", LISTS, ids=str)
@pytest.mark.parametrize("limit", ["101", "0", "-1", "abc"])
def test_a_page_has_a_largest_size(sample: Sampler, operation: Operation, limit: str) -> None:
    """OWASP API4:2023, CWE-770: of every list there is."""
    bad = sample(operation).but(query=f"limit={limit}")
    code = "range" if limit.strip("-").isdecimal() else "type"
    invalid(bad.send(), {"?limit": code})


def test_every_list_has_pages() -> None:
    """OWASP API4:2023, CWE-770: a new list without `limit` would not be tested here."""
    named = {operation.id for operation in LISTS}
    assert {each.id for each in contract.operations() if each.id.startswith("list")} == named


def rows(cell: str, how_many: int = 1) -> str:
    """CSV rows with this for a title."""
    return "".join(f"{formats.isbn()},{cell},A,,,1,0\n" for _ in range(how_many))


ROW: Json = {
    "title": "T",
    "authors": ["A"],
    "language": None,
    "published_year": None,
    "price_amount": 1,
    "stock": 0,
}

FILES: dict[str, tuple[str, set[int]]] = {
    "a hundred thousand columns": (",".join(["a"] * 100_000) + "\n", {422}),
    "a million commas": (f"{HEADER}\n" + "," * MIB + "\n", {200}),
    "a million lines": (HEADER + "\n" * MIB, {200}),
    "a quote that never closes": (f"{HEADER}\n" + '1,"' + "x\n" * MIB, {200, 400}),
    "quotes alone": (f"{HEADER}\n" + '"' * 60_000 + "\n", {200, 400}),
    "a header of a mebibyte": ("x" * MIB + "\n", {422, 400}),
    "two hundred thousand bad rows": (f"{HEADER}\n" + "x\n" * 200_000, {200}),
    "the same column, often": (",".join(["isbn"] * 10_000) + "\n", {422}),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "statuses"), FILES.values(), ids=FILES)
def test_a_file_is_read_in_bounded_time_and_space(
    shop: Shop, text: str, statuses: set[int]
) -> None:
    """OWASP API4:2023, CWE-400, CWE-770: nothing goes in, and at most 10,000 errors are told."""
    answer = shop.import_csv(text)
    assert answer.status_code in statuses
    if answer.status_code == 200:
        told: Json = answer.json()
        assert (told["created"], told["updated"]) == (0, 0)
        assert len(told["errors"]) <= 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["[" * 60_000, '{"a":' * 10_000, '{"isbn":1' + "0" * 60_000 + "}", '{"isbn":' + '"x",' * 9_000],
    ids=["lists", "objects", "digits", "no JSON"],
)
def test_a_line_of_a_file_is_bounded(shop: Shop, line: str) -> None:
    """CWE-674, CWE-1325: of NDJSON; a bad row, and the next one goes in."""
    good = json.dumps({**ROW, "isbn": formats.isbn()})
    headers = {"Content-Type": "application/x-ndjson"}
    answer = shop.staff.post("/books/import", content=f"{line}\n{good}\n", headers=headers)
    told = succeeded(answer, 200).json()
    assert (told["created"], told["rejected"]) == (1, 1)


@pytest.mark.slow
def test_many_members_are_named_or_counted(shop: Shop) -> None:
    """CWE-400, CWE-407: fifty thousand members, unknown or alike, and an answer of some size."""
    body = shop.book_members()
    for extra in ({f"x{number}": 1 for number in range(50_000)}, {"author_ids": ["x"] * 50_000}):
        answer = shop.staff.post("/books", {**body, **extra})
        refused(answer, 422, "validation-failed")
        assert len(answer.json()["errors"]) <= 10_000


def test_many_parameters_are_named_or_refused(anyone: Client) -> None:
    """CWE-400: two thousand of them in one query."""
    query = "&".join(f"x{number}=1" for number in range(2_000))
    answer = anyone.get(f"/books?{query[:16_000]}")
    assert answer.status_code in {400, 414, 422}


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["a/b," * 2_000, "*/*;q=0.1," * 1_000, "text/" + "x" * 8_000])
def test_a_long_header_is_read_in_bounded_time(anyone: Client, accept: str) -> None:
    """CWE-1333, CWE-407: Accept, If-None-Match, Content-Type of the worst there is."""
    for path in ("/books", "/openapi.yaml"):
        assert anyone.get(path, headers={"Accept": accept}).status_code in {200, 406}
    tags = {"If-None-Match": '"a",' * 1_500}
    assert anyone.get("/openapi.yaml", headers=tags).status_code == 200
    answer = anyone.post(
        "/users", content=b"{}", headers={"Content-Type": f"application/json;{accept}".rstrip()}
    )
    assert answer.status_code in {400, 415, 422}
