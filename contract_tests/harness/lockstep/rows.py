"""Files for `importBooks`. They add at most one book, so that no two books are equally new."""

import csv
import io
import json
from random import Random

from harness.contract import Json

COLUMNS = ["isbn", "title", "authors", "language", "published_year", "price_amount", "stock"]
OPTIONAL = ["subtitle", "categories"]
MARK = "@isbn-{}@"
"""A placeholder in a file for the ISBN with a number."""
MARKS = [MARK.format(number) for number in (1, 2, 4)]
"""Placeholders for two existing books and a new one."""

NAMES = [["A. Author"], ["A. Author", "Z. Other"], ["'=x"], ["A. Author", "A. Author"], []]
CELLS: dict[str, list[Json]] = {
    "title": ["A title", "=1+1", "'-x", "a\nb", 'q"u;o', "", None, "a\u2028b", " x ", "É" * 500, 5],
    "authors": [*NAMES, [""], ["a;b"], "A. Author", None, [5]],
    "categories": [*NAMES, None, ["x" * 101]],
    "language": ["eng", "pt-BR", None, "", "english", "EN"],
    "published_year": [1937, -3000, 2100, None, 2101, "x", 1.5, True],
    "price_amount": [1299, 1, 99999999, 0, 100000000, None, "x"],
    "stock": [3, 0, 999999999, -1, None, "x"],
    "subtitle": ["A subtitle", None, "", "+1", "x" * 501],
}
SPOILT = [
    b"",
    b"\xff",
    b"\r\n",
    b"isbn\r\n",
    b'"',
    b"\n\n",
    b"[]\n",
    b"{}\n",
    b"\x00",
]


def file(random: Random, media_type: str) -> bytes:
    """Generate a file of up to three rows."""
    if random.randint(0, 9) == 0:
        return random.choice(SPOILT)
    columns = COLUMNS + [name for name in OPTIONAL if random.randint(0, 1)]
    if random.randint(0, 9) == 0:
        random.shuffle(columns)
    if random.randint(0, 9) == 0:
        columns = random.choice([columns[1:], [*columns, "unknown"], [*columns, "stock"]])
    rows = [_row(random, columns) for _ in range(random.randint(1, 3))]
    if media_type == "text/csv":
        return _csv(columns, rows, random.choice(["\r\n", "\n"]))
    for row in rows:
        if random.randint(0, 4) == 0:
            del row[random.choice(list(row))]
    as_ascii = random.choice([True, False])
    return "".join(json.dumps(row, ensure_ascii=as_ascii) + "\n" for row in rows).encode()


def _row(random: Random, columns: list[str]) -> dict[str, Json]:
    row = {name: _cell(random, CELLS.get(name, ["x"])) for name in columns}
    if "isbn" in row:
        row["isbn"] = random.choice([*MARKS * 4, "9780261102218", "", None])
    return row


def _cell(random: Random, values: list[Json]) -> Json:
    return values[0] if random.randint(0, 2) else random.choice(values)


def _csv(columns: list[str], rows: list[Json], end: str) -> bytes:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator=end)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_shown(row[name]) for name in columns)
    return lines.getvalue().encode()


def _shown(value: Json) -> Json:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
