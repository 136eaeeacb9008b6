"""What is sent is data: never a query, a pattern, a command, a formula or a line of somebody's."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from harness import contract, formats
from harness.client import Client, refused, succeeded
from harness.contract import Json, Operation
from harness.sales import ADDRESS, Sales
from harness.samples import Sampler
from harness.shop import Shop

SQL = (
    "zzq' OR '1'='1",
    'zzq" OR "1"="1',
    "zzq'; DROP TABLE books;--",
    "zzq') UNION SELECT password_hash FROM users--",
    "zzq'/**/OR/**/1=1#",
    "zzq\\' OR 1=1--",
    "zzq%' OR '1' LIKE '1",
    "zzq';SELECT pg_sleep(5)--",
    "zzq' AND randomblob(900000000) --",
)
OTHERS = (
    "zzq${7*7}{{7*7}}<%= 7*7 %>#{7*7}",
    "zzq%s%n%(name)s{0}{name}",
    "zzq\\u0027\\x27&#39;&apos;",
    "zzq<script>alert(1)</script>",
    "zzq$(touch x)`id`|id;id&&id",
    'zzq","role":"admin","x":"',
    "zzq*3 $3 SET FLUSHALL",
    "zzq(cn=*)(|(uid=*",
    "../../../../etc/passwd",
    "file:///etc/passwd",
)
EVERYTHING = "Robert'); DROP TABLE users;-- \" \\ % _ * ? ${7*7} {{7*7}} {0} %s <b> & | ` $(id) ￥"


def text_parameters() -> list[tuple[Operation, str]]:
    """Every query parameter that is text, of every operation."""
    return [
        (operation, parameter["name"])
        for operation in contract.operations()
        for parameter in operation.parameters
        if parameter["in"] == "query" and "string" in str(contract.resolve(parameter["schema"]))
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "name"), text_parameters(), ids=str)
def test_a_query_is_no_statement(sample: Sampler, operation: Operation, name: str) -> None:
    """OWASP API8:2023, CWE-89, CWE-943: each string parameter there is; nothing is found."""
    good = sample(operation)
    others = "&".join(each for each in good.query.split("&") if not each.startswith(f"{name}="))
    for attack in (*SQL, *OTHERS):
        payload = attack.replace("zzq", formats.word())  # an earlier run may have left such titles
        request = good.client.get if operation.method == "GET" else None
        bad = good.but(query="&".join(filter(None, [others, f"{name}={quote(payload, safe='')}"])))
        answer = bad.send()
        assert answer.status_code in {200, 422}, payload
        if request and answer.status_code == 200:
            assert answer.json()["items"] == [], payload


def text_members() -> Iterator[tuple[Operation, str]]:
    """Every free text of every JSON body."""
    for operation in contract.operations():
        if not operation.takes_json:
            continue
        content = operation.definition["requestBody"]["content"]
        schema = contract.resolve(content[operation.body_types[0]]["schema"])
        for name, node in schema["properties"].items():
            member = contract.resolve(node)
            kinds = member.get("type", [])
            if "string" in kinds and not {"enum", "format"} & member.keys():
                yield operation, name


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "name"), list(text_members()), ids=str)
def test_a_text_is_kept_as_it_is_or_refused(
    sample: Sampler, operation: Operation, name: str
) -> None:
    """OWASP API8:2023, CWE-89, CWE-79, CWE-94, CWE-1336: stored, shown, never run or mended."""
    good = sample(operation)
    text = f"{EVERYTHING} {formats.word()}"[:100]
    answer = good.with_json({**json.loads(good.content or b"{}"), name: text}).send()
    assert answer.status_code in {200, 201, 401, 422}
    if answer.status_code in {200, 201}:
        assert answer.json()[name] == text
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.slow
@pytest.mark.parametrize("payload", [*SQL[:4], *OTHERS[:7]])
def test_a_search_finds_by_words_alone(anyone: Client, shop: Shop, payload: str) -> None:
    """CWE-89: a title that is an attack is found by its own words, as any other."""
    stem = formats.word()
    book = shop.book(title=f"{stem} {payload}"[:500])
    found = succeeded(anyone.get("/books", params={"q": f"{stem} {payload}"[:200]})).json()["items"]
    assert [each["id"] for each in found] == [book["id"]]
    assert anyone.walk("/books", q=f"{stem} {payload} absent"[:200]) == []


@pytest.mark.parametrize("pattern", ["%", "_", "%%", "zzq%", "*", ".*", "[a-z]", "?", "\\%"])
@pytest.mark.parametrize("name", ["language", "sort", "cursor", "author_id", "category_id"])
def test_nothing_is_a_pattern(anyone: Client, name: str, pattern: str) -> None:
    """CWE-155: of filters that are compared exactly."""
    answer = anyone.get("/books", params={name: pattern})
    refused(answer, 422, "validation-failed")


@pytest.mark.slow
@pytest.mark.parametrize("payload", [*SQL[:5], *OTHERS[:7]])
def test_a_key_is_a_key(sales: Sales, reader: Client, payload: str) -> None:
    """CWE-89, CWE-943: an Idempotency-Key may have quotes; it has its one effect."""
    key = payload.replace(" ", "+") + formats.word()
    order = sales.order(reader)
    first = succeeded(sales.cancel(reader, order, key=key), 200)
    again = succeeded(sales.cancel(reader, order, key=key), 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content


@pytest.mark.slow
@pytest.mark.parametrize("text", [*SQL[:3], *OTHERS[:7]])
def test_an_address_is_kept_as_it_is(sales: Sales, reader: Client, text: str) -> None:
    """CWE-89, CWE-502: a document within a row is a document again."""
    lines = {"name": text, "line2": '"}],"total":1,"x":[{"'}
    sales.fill(reader)
    order = succeeded(sales.place(reader, **lines), 201).json()
    expected = {**ADDRESS, **lines}
    assert order["shipping_address"] == sales.now(order)["shipping_address"] == expected


FORMULAS = (
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1:1/?"&A1)',
    "=1+1",
    "'=1+1",
    "''=1+1",
)


@pytest.mark.slow
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(shop: Shop, formula: str) -> None:
    """CWE-1236, OWASP API8:2023: of no column that somebody can write, and all of it comes back."""
    stem = formats.word()
    named = f"{formula} {stem}"
    members: dict[str, Any] = {
        "title": named,
        "subtitle": named,
        "author_ids": [shop.author(named)["id"]],
        "category_ids": [shop.category(named)["id"]],
    }
    book = shop.book(**members)
    rows = csv.DictReader(io.StringIO(shop.export().decode(), newline=""))
    (row,) = [row for row in rows if row["isbn"] == book["isbn"]]
    for column in ("title", "subtitle", "authors", "categories"):
        assert row[column].startswith("'")
        assert row[column].endswith(stem)
    exported: Json = shop.by_isbn(book["isbn"])
    assert (exported["title"], exported["authors"]) == (named, [named])


@pytest.mark.parametrize("text", ["a\r\nX-Injected: yes", "a\nb", "a\0b", "a\x1b[31m"])
def test_no_text_breaks_a_line(shop: Shop, text: str) -> None:
    """CWE-93, CWE-117: control characters are in no text that could become a line."""
    answer = shop.staff.post("/authors", {"name": text})
    refused(answer, 422, "validation-failed")
