"""A client that holds every answer to the contract, and the words that tests use about answers."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import httpx

from harness import answers, exchanges, guard
from harness.contract import Json, slug

MERGE_PATCH = "application/merge-patch+json"
NOTHING: Any = object()


@cache
def trust() -> ssl.SSLContext:
    """Whom to believe, read once: all certificates that there are take their time."""
    return httpx.create_ssl_context(trust_env=False)


class Client:
    """Somebody, or nobody, speaking to a shop. Paths are taken as they are."""

    def __init__(self, base_url: str, token: str | None = None, *, timeout: float = 60.0) -> None:
        self.base_url = base_url
        self.token = token
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            trust_env=False,
            verify=trust(),
            # Under a limit a thread closes idle connections that another is about to use.
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=None,
                keepalive_expiry=2,  # before any server closes what a request is on its way to
            ),
            event_hooks={"request": [_note_departure]},
        )

    def bearing(self, token: str | None) -> "Client":
        """The same connections with another access token, or none."""
        other = object.__new__(Client)
        other.base_url, other.token, other._http = self.base_url, token, self._http
        return other

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Json = NOTHING,
        content: bytes | str | None = None,
        headers: Mapping[str, str | None] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send a request and check its answer against the contract, whatever its status.

        A header that is None is not sent, not even with the value that clients give it.
        """
        sent = {"Authorization": f"Bearer {self.token}" if self.token else None, **(headers or {})}
        request = self._http.build_request(
            method,
            path,
            **({} if json is NOTHING else {"json": json}),
            content=content,
            headers={name: value for name, value in sent.items() if value is not None},
            params=params,
        )
        for name in [name for name, value in sent.items() if value is None]:
            request.headers.pop(name, None)
        answer = self._http.send(request)
        guard.record(method, answer.request.url.path, answer.status_code)
        exchanges.note(answer)
        answers.check(answer)
        return answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Json = NOTHING, **options: Any) -> httpx.Response:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Json = NOTHING, **options: Any) -> httpx.Response:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Json, etag: str | None = None) -> httpx.Response:
        """PATCH under the condition that the resource is still the one with this entity tag."""
        headers = {"Content-Type": MERGE_PATCH, "If-Match": etag}
        return self.request("PATCH", path, json=json, headers=headers)

    def delete(self, path: str, etag: str | None = None) -> httpx.Response:
        """DELETE, under the same condition."""
        return self.request("DELETE", path, headers={"If-Match": etag})

    def etag(self, path: str) -> str:
        """The entity tag of a resource as it is now."""
        return str(succeeded(self.get(path)).headers["ETag"])

    def change(self, path: str, **members: Json) -> Json:
        """A resource after a merge-patch on its current state."""
        return succeeded(self.patch(path, members, self.etag(path))).json()

    def pages(self, path: str, **params: Any) -> Iterator[list[Json]]:
        """The pages of a list, by their cursors; `Link` leads to the same, and nowhere twice."""
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            query = params if cursor is None else {**params, "cursor": cursor}
            answer = succeeded(self.get(path, params=query))
            page = answer.json()
            yield page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                assert "Link" not in answer.headers
                return
            assert cursor not in seen, "the list goes round in circles"
            seen.add(cursor)
            link = httpx.URL(answer.links["next"]["url"])
            wanted = {name: str(value) for name, value in {**params, "cursor": cursor}.items()}
            assert (link.path, dict(link.params)) == (path, wanted)

    def walk(self, path: str, **params: Any) -> list[Json]:
        """All items of a list."""
        return [item for page in self.pages(path, **params) for item in page]


def departure(answer: httpx.Response) -> int:
    """When the request left, in nanoseconds since 1970, as the spans of a trace have it."""
    moment: int = answer.request.extensions["departure"]
    return moment


def _note_departure(request: httpx.Request) -> None:
    request.extensions["departure"] = time.time_ns()


def patiently(send: Callable[[], httpx.Response], seconds: float = 30) -> httpx.Response:
    """The answer to a request that is sent again while the shop has no hand free (503)."""
    deadline = time.monotonic() + seconds
    while (answer := send()).status_code == 503 and time.monotonic() < deadline:
        assert int(answer.headers["Retry-After"]) >= 1
        time.sleep(0.1)
    return answer


def succeeded(answer: httpx.Response, status: int | None = None) -> httpx.Response:
    """The answer, which has this status, or at least is a success."""
    good = answer.is_success if status is None else answer.status_code == status
    assert good, f"not {status or 'a success'}:\n{answers.curl(answer)}"
    return answer


def refused(
    answer: httpx.Response, status: int, problem: str, fields: Mapping[str, str] | None = None
) -> Json:
    """The problem of an answer that refuses with this status and type, and names these fields.

    Fields: `/pointer` for the body, `?name` for the query, `Name:` for a header, with codes.
    """
    assert answer.status_code == status, f"not {status}:\n{answers.curl(answer)}"
    document = answer.json()
    assert slug(document["type"]) == problem, answers.curl(answer)
    if fields is not None:
        assert named_fields(document) == fields, answers.curl(answer)
    return document


def invalid(answer: httpx.Response, fields: Mapping[str, str]) -> Json:
    """The problem of a 422 that names exactly these fields."""
    return refused(answer, 422, "validation-failed", fields)


def named_fields(problem: Json) -> dict[str, str]:
    """A problem's errors, in the notation of `refused`."""
    found: dict[str, str] = {}
    for error in problem.get("errors", []):
        where = {
            "body": error.get("pointer"),
            "query": f"?{error.get('name')}",
            "header": f"{error.get('name')}:",
            "path": f"path {error.get('name')}",
        }[error["location"]]
        found[str(where)] = error["code"]
    return found
