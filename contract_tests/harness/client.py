"""A client that checks every response against the contract, and assertions on responses."""

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
    """The CA certificates, loaded once because loading is slow."""
    return httpx.create_ssl_context(trust_env=False)


class Client:
    """A client with an access token, or without one. Paths are sent unchanged."""

    def __init__(self, base_url: str, token: str | None = None, *, timeout: float = 60.0) -> None:
        self.base_url = base_url
        self.token = token
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            trust_env=False,
            verify=trust(),
            # With a limit, one thread could close an idle connection that another is about to use.
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=None,
                keepalive_expiry=2,  # shorter than any server's own limit for idle connections
            ),
            event_hooks={"request": [_note_departure]},
        )

    def bearing(self, token: str | None) -> "Client":
        """Return a client with another access token, or none, on the same connections."""
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
        """Send a request and check its response against the contract, whatever its status.

        A header that is None is not sent, even if httpx would send it by default.
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

    def get(self, path: str, **options: Any) -> httpx.Response:  # as `request`
        """Send a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Json = NOTHING, **options: Any) -> httpx.Response:
        """Send a POST request."""
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Json = NOTHING, **options: Any) -> httpx.Response:
        """Send a PUT request."""
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Json, etag: str | None = None) -> httpx.Response:
        """Send a PATCH request with a merge-patch and this entity tag in `If-Match`."""
        headers = {"Content-Type": MERGE_PATCH, "If-Match": etag}
        return self.request("PATCH", path, json=json, headers=headers)

    def delete(self, path: str, etag: str | None = None) -> httpx.Response:
        """Send a DELETE request with this entity tag in `If-Match`."""
        return self.request("DELETE", path, headers={"If-Match": etag})

    def etag(self, path: str) -> str:
        """Return the current entity tag of a resource."""
        return str(succeeded(self.get(path)).headers["ETag"])

    def change(self, path: str, **members: Json) -> Json:
        """Apply a merge-patch to a resource with its current entity tag, and return the result."""
        return succeeded(self.patch(path, members, self.etag(path))).json()

    def pages(self, path: str, **params: Any) -> Iterator[list[Json]]:
        """Yield the pages of a list, and check that `Link` agrees and that no cursor repeats."""
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
            assert cursor not in seen, f"the cursor repeats: {cursor}"
            seen.add(cursor)
            link = answer.url.join(answer.links["next"]["url"])
            wanted = {name: str(value) for name, value in {**params, "cursor": cursor}.items()}
            assert link.netloc == answer.url.netloc, f"Link: {link}"
            assert (link.path, dict(link.params)) == (path, wanted), f"Link: {link}"

    def walk(self, path: str, **params: Any) -> list[Json]:  # query parameters
        """Return all items of a list, following its cursors."""
        return [item for page in self.pages(path, **params) for item in page]


def location(answer: httpx.Response) -> str:
    """Return the path that `Location` names: the header is a path, or a URL of the same server."""
    url = answer.url.join(answer.headers["Location"])
    assert url.netloc == answer.url.netloc, f"Location: {url}"
    return url.path


def departure(answer: httpx.Response) -> int:
    """Return when the request was sent, in nanoseconds since 1970, as in a trace's spans."""
    moment: int = answer.request.extensions["departure"]
    return moment


def _note_departure(request: httpx.Request) -> None:
    request.extensions["departure"] = time.time_ns()


def patiently(send: Callable[[], httpx.Response], seconds: float = 30) -> httpx.Response:
    """Repeat a request while the response is 503, and return the first other response."""
    deadline = time.monotonic() + seconds
    while (answer := send()).status_code == 503 and time.monotonic() < deadline:
        assert int(answer.headers["Retry-After"]) >= 1
        time.sleep(0.1)
    return answer


def succeeded(answer: httpx.Response, status: int | None = None) -> httpx.Response:
    """Assert that a response has this status, or that it is a success; return it."""
    good = answer.is_success if status is None else answer.status_code == status
    assert good, f"not {status or 'a success'}:\n{answers.curl(answer)}"
    return answer


def refused(
    answer: httpx.Response, status: int, problem: str, fields: Mapping[str, str] | None = None
) -> Json:
    """Assert that a response is a problem with this status, type and fields; return the problem.

    `fields` maps `/pointer` (body), `?name` (query) or `Name:` (header) to the error code.
    """
    assert answer.status_code == status, f"not {status}:\n{answers.curl(answer)}"
    document = answer.json()
    assert slug(document["type"]) == problem, answers.curl(answer)
    if fields is not None:
        assert named_fields(document) == fields, answers.curl(answer)
    return document


def invalid(answer: httpx.Response, fields: Mapping[str, str]) -> Json:
    """Assert that a response is a 422 that names exactly these fields; return the problem."""
    return refused(answer, 422, "validation-failed", fields)


def named_fields(problem: Json) -> dict[str, str]:
    """Return a problem's errors in the notation of `refused`."""
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
