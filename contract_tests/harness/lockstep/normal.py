"""Normalised responses, without values that each target generates: ids, times, tokens, tags.

Each generated value is replaced by a name, numbered by its first occurrence in a target's
responses. So two targets that behave alike use the same names: the second book is `<book 2>` on
both. A time becomes `<time N>`, where N is the number of the request during which it was taken, so
that a changed time differs from an unchanged one.
"""

import hashlib
import json
import re
import time
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from harness.contract import PROBLEM_TYPE, Json, Operation, document, is_json, resolve, slug

ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS = {
    "parent": "category",
    "author_ids": "author",
    "authors": "author",
    "categories": "category",
}
OPAQUE = {
    "access_token": "<token>",
    "refresh_token": "<token>",
    "expires_in": "<seconds>",
    "refresh_expires_in": "<seconds>",
    "next_cursor": "<cursor>",
}
"""Members that each target generates, or that depend on its settings."""
MADE_UP = {"request_id", "detail", "title"}
"""Members of problems that are not compared: a generated id, and texts."""
ITS_OWN = {"getDocumentation", "getDocumentationAsset"}
"""Operations that return Swagger UI, of which each target may have another version."""


@dataclass
class Names:
    """The names of the generated values of one target."""

    ids: dict[str, str] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    """When each request was sent; empty for a server with another clock."""
    to_come: dict[str, str] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def meet(self, kind: str, value: str, name: str = "") -> None:
        """Give an id a name, unless it has one."""
        if value not in self.ids:
            self.counts[kind] += not name
            self.ids[value] = name or f"{kind} {self.counts[kind]}"

    def known(self, name: str) -> str | None:
        """Return the id with this name, or None."""
        return next((value for value, given in self.ids.items() if given == name), None)

    def told(self, text: str) -> str:
        """Replace the ids in a text by their names."""
        return ID.sub(lambda found: f"<{self.ids.get(found[0], 'unknown')}>", text)

    def time(self, value: str) -> str:
        """Name a time by its request; a future time by the request that first returned it."""
        moment = datetime.fromisoformat(value).timestamp()
        if not self.starts:
            return "<time>"
        if moment < time.time():
            return f"<time {bisect(self.starts, moment)}>"
        return self.to_come.setdefault(value, f"<after {len(self.starts)}>")

    def tag(self, path: str, value: str) -> str:
        """Name an entity tag: the N-th of its resource."""
        own = sum(of == path for of, _ in self.tags)
        return self.tags.setdefault((path, value), f"<tag {own + 1}>")


def compared_headers() -> set[str]:
    """Return the headers that the contract documents, and those that RFC 9110 requires."""
    found = {"Content-Type", "Allow"}
    for item in document()["paths"].values():
        for definition in item.values():
            for answer in definition["responses"].values():
                found |= set(resolve(answer).get("headers", {}))
    return found


HEADERS = sorted(compared_headers())


def normal(answer: httpx.Response, operation: Operation, names: Names, makes: str = "") -> Json:
    """Return a response in the form in which it is compared."""
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    body: Json = None
    if media_type == PROBLEM_TYPE and answer.content:
        body = _problem(answer.json(), names)
    elif is_json(media_type) and answer.content:
        body = _json(answer, operation, names, makes)
    elif operation.id in ITS_OWN and answer.content:
        body = "<its own>"
    elif media_type.startswith("image/"):
        body = hashlib.sha256(answer.content).hexdigest()
    elif answer.content:
        body = answer.content.decode(errors="backslashreplace").splitlines(keepends=True)
    return {"status": answer.status_code, "headers": _headers(answer, names), "body": body}


def _headers(answer: httpx.Response, names: Names) -> dict[str, str]:
    """Return the compared headers; a repeated header keeps all of its values."""
    request, found = answer.request, {}
    for name in HEADERS:
        values = answer.headers.get_list(name)
        if not values:
            continue
        value = names.told(" | ".join(values))
        if name == "X-Request-Id":
            value = "as sent" if value == request.headers.get(name) else "<new>"
        elif name == "ETag":
            value = names.tag(names.told(request.url.path), value)
        elif name == "Link":
            value = names.told(_link(values[0]))
        elif name == "Location":
            value = urlsplit(value).path
        elif name == "Allow":
            value = ", ".join(sorted(re.split(", *", value)))
        elif name == "Content-Type":
            value = value.partition(";")[0].strip().lower()
        elif name == "Retry-After":
            value = re.sub("[0-9]+", "<seconds>", value)
        found[name] = value
    return found


def _link(value: str) -> str:
    """Return a link without its cursor, and with its parameters sorted."""
    target, _, rest = value.removeprefix("<").partition(">")
    parts = urlsplit(target)
    query = [(k, "<cursor>" if k == "cursor" else v) for k, v in parse_qsl(parts.query)]
    return f"{parts.path} {sorted(query)}{rest}"


def _problem(problem: Json, names: Names) -> Json:
    kept = {name: value for name, value in problem.items() if name not in MADE_UP}
    kept["type"] = slug(problem["type"])
    kept["instance"] = unquote(kept["instance"])
    if "errors" in kept:
        errors = [{k: v for k, v in error.items() if k != "detail"} for error in kept["errors"]]
        kept["errors"] = sorted(errors, key=_text)
    kept = _named(kept, names)
    if "items" in kept:
        kept["items"] = sorted(kept["items"], key=_text)
    return kept


def _json(answer: httpx.Response, operation: Operation, names: Names, makes: str) -> Json:
    body = answer.json()
    if "rows" in body:
        body["rows"] = _rows(body["rows"], names)
    if "errors" in body:
        errors = [{k: v for k, v in error.items() if k != "detail"} for error in body["errors"]]
        body["errors"] = sorted(errors, key=_text)
    if operation.id == "listBooks":
        query = dict(answer.request.url.params)
        body["items"] = list(_settled(body, query.get("sort", "newest"), "cursor" in query))
    kind = _kind(operation)
    if makes and "id" in body:
        names.meet(kind, body["id"], makes)
    _meet(body, kind, names)
    return _named(body, names)


def _kind(operation: Operation) -> str:
    """Return the kind of resource in an operation's responses: `OrderPage` gives `order`."""
    for status, answer in operation.responses.items():
        for content in answer.get("content", {}).values():
            if status < 300:
                name = content["schema"].get("$ref", "").rpartition("/")[2].removesuffix("Page")
                return re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return ""


def _meet(value: Json, kind: str, names: Names) -> None:
    """Give names to the ids that occur for the first time."""
    if isinstance(value, list):
        for item in value:
            _meet(item, kind, names)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == "id":
                names.meet(kind, inner)
            elif name.endswith("_id") and isinstance(inner, str):
                part = name.removesuffix("_id")
                names.meet(KINDS.get(part, part), inner)
            else:
                _meet(inner, KINDS.get(name, kind), names)


def _named(value: Json, names: Names, name: str = "") -> Json:
    if isinstance(value, dict):
        return {key: _named(inner, names, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(item, names, name) for item in value]
    if value is not None and name in OPAQUE:
        return OPAQUE[name]
    if not isinstance(value, str):
        return value
    return names.time(value) if name.endswith("_at") else names.told(value)


def _settled(page: Json, sort: str, goes_on: bool) -> Iterator[Json]:
    """Sort the books with equal sort keys by ISBN: targets sort them by their ids, which differ.

    A group of equal keys that the page cuts in two contains other books on each target. So only
    the sort keys of such a group are compared.
    """
    groups = [list(group) for _, group in groupby(page["items"], lambda book: _rank(book, sort))]
    for number, group in enumerate(groups):
        is_cut = (number == 0 and goes_on) or (
            number == len(groups) - 1 and page["next_cursor"] is not None
        )
        if is_cut and len(group) + (sort != "newest") > 1:
            yield from ({"somewhere in rank": _rank(book, sort)} for book in group)
        else:
            yield from sorted(group, key=lambda book: str(book["isbn"]))


def _rank(book: Json, sort: str) -> Json:
    """Return the sort key of a book. The ISBN replaces `created_at`, which is unique too."""
    by = {
        "title": _title_key(book["title"]),
        "price": book["price"]["amount"],
        "published_year": book["published_year"],
        "rating": book["rating"]["average"],
        "newest": book["isbn"],
    }
    return by[sort.removeprefix("-")]


def _title_key(title: str) -> str:
    """Return the key by which titles are sorted (spec/storage.md)."""
    decomposed = unicodedata.normalize("NFKD", title)
    folded = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())[:200]


def _rows(rows: list[Json], names: Names) -> list[Json]:
    """Return the rows of a report, with rows of equal gross sorted."""
    for row in rows:
        row["key"] = names.told(row["key"])
    groups = groupby(rows, lambda row: str(row["gross"]))
    return [row for _, group in groups for row in sorted(group, key=_text)]


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
