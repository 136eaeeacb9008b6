"""The check of lessons 1 to 3: one operation, written in one of the three frameworks.

    GET /books/{book_id}/availability    {"book_id": "…", "available": 7, "in_stock": true}

It knows HTTP alone, so it is the same for all three.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from workbench import ROOT
from workbench.lessons import open_shops
from workbench.processes import FailedError, Processes, listens
from workbench.shops import Shop

SERVERS = {
    "flask": ["granian", "--interface=wsgi", "--factory", "--log-level=error", "serve:create"],
    "fastapi": ["uvicorn", "--factory", "--log-level=warning", "serve:create"],
    "django": ["granian", "--interface=wsgi", "--log-level=error", "serve:application"],
}
"""How each is served; `serve.py` lies beside the exercise."""


def check(name: str, folder: Path) -> None:
    """Serve the shop with the operation of `availability.py` in `folder`, and try it.

    Raises FailedError naming the first thing that is missing.
    """
    with (
        open_shops(name, settings={"BOOKSTORE_DEBUG_TIMING": "1"}, serving=False) as [shop],
        serving(shop, folder) as client,
    ):
        book = client.get("/books", params={"in_stock": "true", "limit": 1}).json()["items"][0]
        path = f"/books/{book['id']}/availability"
        _shows_what_is_there(client, path, book)
        _is_conditional(client, path)
        _refuses(client, path)


@contextmanager
def serving(shop: Shop, folder: Path) -> Iterator[httpx.Client]:
    """A client of the shop's application with one more operation. Raises FailedError."""
    lesson = folder.parent if folder.name == "solution" else folder
    program, *options = SERVERS[shop.name]
    with Processes() as processes:
        server = processes.start(
            f"{shop.name} with your operation",
            [
                ROOT / f"impl_{shop.name}" / ".venv" / "bin" / program,
                *options,
                f"--port={shop.port}",
            ],
            log=shop.folder / "log" / "exercise.log",
            environment={**shop.environment, "PYTHONPATH": f"{folder}:{lesson}"},
        )
        processes.wait_until(lambda: listens(shop.port), server, seconds=30)
        with shop.client() as client:
            yield client


def _shows_what_is_there(client: httpx.Client, path: str, book: dict[str, object]) -> None:
    whole = client.get(f"/books/{book['id']}")
    answer = client.get(path)
    _expect(answer, 200)
    available = whole.json()["stock"]["available"]
    expected = {"book_id": book["id"], "available": available, "in_stock": available > 0}
    _require(answer.json() == expected, f"{path} should show {expected}, not {answer.text}")
    queries = answer.headers["Server-Timing"].partition('desc="')[2].rstrip('"')
    _require(queries == "1 queries", f"one SQL statement is enough; it took {queries}")
    for header in ("ETag", "Cache-Control"):
        _require(
            answer.headers.get(header) == whole.headers[header],
            f"{header} should be the book's {whole.headers[header]}",
        )


def _is_conditional(client: httpx.Client, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    _expect(again, 304)
    _require(not again.content, "a 304 has no body")


def _refuses(client: httpx.Client, path: str) -> None:
    _expect(client.get(f"/books/{uuid4()}/availability"), 404, "not-found")
    _expect(client.get("/books/anything/availability"), 404, "not-found")
    # It has no query parameters and one media type, so it ignores the query and `Accept`.
    _expect(client.get(path, params={"limit": 1}, headers={"Accept": "text/html"}), 200)


def _expect(answer: httpx.Response, status: int, problem: str = "") -> None:
    request = answer.request
    _require(
        answer.status_code == status,
        f"GET {request.url.raw_path.decode()} should be answered with {status}, "
        f"not {answer.status_code}",
    )
    if problem:
        media_type = answer.headers.get("Content-Type")
        _require(media_type == "application/problem+json", f"a {status} is a problem document")
        _require(answer.json()["type"].endswith(f"/{problem}"), f"its type should be {problem}")


def _require(there: bool, missing: str) -> None:
    if not there:
        raise FailedError(missing)
