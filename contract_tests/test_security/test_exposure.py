"""What a server says of itself: no secret in logs or answers, and no path beside the contract."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx
import pytest

from harness import formats, options, people, webhooks
from harness.branch import Branch, open_branch
from harness.client import Client, refused, succeeded
from harness.events import CAPTURED, Events
from harness.people import PASSWORD
from harness.sandbox import KEY
from harness.server import SECRET_KEY
from harness.shop import Shop
from harness.target import ADMIN_PASSWORD, Ground, Target
from harness.wire import CLOSE, exchange, message

NEW_PASSWORD, WRONG_PASSWORD = "staple battery horse", "a guess that fails"
LIMIT, LIMIT_ADDRESS = 3, 40


@dataclass
class Watched:
    """A server at the log level `debug`, with all secrets of its requests and responses."""

    branch: Branch
    secrets: set[str] = field(default_factory=set)

    @property
    def log(self) -> str:
        """All output of the server so far."""
        return self.branch.server.log.read_text(errors="replace")

    def has_logged(self, secret: str) -> bool:
        """Return whether the log contains a secret, also in the form of a URL."""
        forms = {secret, quote(secret), quote(secret, safe=""), secret.replace(" ", "+")}
        return any(form in self.log for form in forms)


@pytest.fixture(scope="module")
def watched(ground: Ground) -> Iterator[Watched]:
    with open_branch(
        ground,
        "watched",
        LOG_LEVEL="debug",
        LOGIN_LIMIT_ACCOUNT=str(LIMIT),
        LOGIN_LIMIT_ADDRESS=str(LIMIT_ADDRESS),
    ) as branch:
        watched = Watched(branch)
        watched.secrets |= {SECRET_KEY, KEY, ADMIN_PASSWORD, PASSWORD, NEW_PASSWORD}
        watched.secrets |= {WRONG_PASSWORD, str(branch.admin.token), *webhooks.SECRETS}
        watched.secrets |= {each.removeprefix("whsec_") for each in webhooks.SECRETS}
        if password := urlsplit(branch.server.database_url).password:
            watched.secrets.add(password)
        yield watched


def live(watched: Watched) -> None:
    """A day of this shop, with everything that is secret about it."""
    branch, anyone = watched.branch, watched.branch.anyone
    person = branch.customer()
    pair = people.log_in(anyone, person.email)
    again = anyone.post("/auth/refresh", {"refresh_token": pair["refresh_token"]}).json()
    for token in (pair["refresh_token"], "rt_" + "stolen" * 10, "nonsense-of-a-token"):
        anyone.post("/auth/refresh", {"refresh_token": token})
        watched.secrets.add(token)
    watched.secrets |= {person.refresh_token, str(person.client.token), pair["access_token"]}
    watched.secrets |= {again["access_token"], again["refresh_token"]}
    anyone.post("/auth/login", {"email": person.email, "password": WRONG_PASSWORD})
    order = branch.sales.paid(person.client)
    branch.sales.refund(order, 1)
    with branch.sandbox.mute():
        pending = branch.sales.order(person.client)
        Events(anyone, webhooks.SECRETS[0]).tell(
            CAPTURED, branch.sales.payment(person.client, pending)
        )
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    succeeded(person.client.put("/users/me/password", body), 204)


def fail(watched: Watched) -> list[httpx.Response]:
    """Secrets where they do not belong: in wrong members, broken bodies, queries and paths."""
    anyone, admin = watched.branch.anyone, watched.branch.admin
    marked = f"misplaced secret {formats.word()}"
    watched.secrets.add(marked)
    token = quote(str(admin.token))
    half = {"Content-Type": "application/json"}
    return [
        anyone.post("/users", {"email": "no address", "password": marked, "name": ""}),
        anyone.post("/users", {"email": formats.email(), "password": [marked], "name": "A"}),
        anyone.post("/users", {"email": formats.email(), "password": f"{marked}\n", "name": "A"}),
        anyone.post("/users", {"email": formats.email(), "password": marked * 20, "name": "A"}),
        anyone.post("/auth/login", {"email": 1, "password": {"is": marked}}),
        anyone.post("/auth/login", {"email": formats.email(), "password": marked}),
        anyone.post("/auth/login", content=f'{{"password": "{marked}', headers=half),
        anyone.post("/auth/login", content=f"password={quote(marked)}", headers=half),
        anyone.post("/auth/refresh", {"refresh_token": marked}),
        anyone.get(f"/books?access_token={token}&password={quote(marked)}"),
        anyone.get("/users/me", headers={"Authorization": f"Basic {marked.replace(' ', '')}"}),
        admin.patch("/users/me", {"email": formats.email(), "current_password": marked}),
        admin.put("/users/me/password", {"current_password": marked, "new_password": "short"}),
    ]


@pytest.mark.slow
def test_no_secret_is_logged(watched: Watched) -> None:
    """OWASP API8:2023, CWE-532: passwords, tokens, keys, signatures; at the level `debug`, too."""
    live(watched)
    answers = fail(watched)
    assert [answer.status_code for answer in answers if answer.is_success] == []
    assert [each for each in watched.secrets if watched.has_logged(each)] == []
    for form in (r"\$argon2", r"eyJ[\w-]{10,}\.eyJ", r"rt_[\w-]{20,}", "whsec_", r"v1,[\w+/]{40}"):
        assert re.findall(form, watched.log) == []


@pytest.mark.slow
def test_no_secret_is_answered(watched: Watched) -> None:
    """OWASP API8:2023, CWE-209, CWE-549: an error names the member, not its value."""
    for answer in fail(watched):
        told = answer.text + str(answer.headers)
        assert [each for each in watched.secrets if each in told] == []
        inside = ("Traceback", ".py", "site-packages", "SELECT ", "sqlite", "psycopg", "redis")
        assert [each for each in inside if each in told] == []


FORGED = '{"message": "request", "forged": "FORGED"}'
LINES = {
    "a line end": f"x%0A{quote(FORGED)}%0A",
    "both": f"x%0D%0A{quote(FORGED)}",
    "a return": f"x%0D{quote(FORGED)}",
    "a separator": f"x%E2%80%A8{quote(FORGED)}",
    "a next line": f"x%C2%85{quote(FORGED)}",
    "a quotation mark": quote('x", "status": 200, "forged": "FORGED'),
    "a colour": "x%1B%5B2J%1B%5B31mFORGED",
    "a null byte": "x%00FORGED",
    "no UTF-8": "x%FF%FEFORGED",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_request_cannot_forge_a_line_of_the_log(watched: Watched, text: str) -> None:
    """OWASP API8:2023, CWE-117: whatever a path or a header holds, a request is one JSON object.

    The server may refuse a path with such bytes before it logs the request.
    """
    marker = formats.word()
    target = f"GET /{marker}/{text} HTTP/1.1".encode()
    fields = [b"X-Request-Id: " + text.encode(), b"User-Agent: " + text.encode(), CLOSE]
    exchange(watched.branch.server.url, message(target, *fields))
    lines = [line for line in watched.log.split("\n") if marker in line]
    assert len(lines) <= 1
    for entry in map(json.loads, lines):
        assert (entry["message"], entry["status"] in {400, 404}) == ("request", True)
        assert entry["path"].startswith(f"/{marker}/x")
        assert re.fullmatch("[A-Za-z0-9._-]{1,128}", entry["request_id"])
    assert not [line for line in watched.log.splitlines() if line.startswith(FORGED[:20])]
    assert "\x1b" not in watched.log


FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP")


@pytest.mark.slow
def test_nobody_guesses_on_under_another_address(watched: Watched) -> None:
    """OWASP API2:2023, CWE-307: neither another address nor another spelling gives more tries."""
    anyone = watched.branch.anyone
    email = people.register(anyone)["email"]
    statuses = []
    for attempt in range(LIMIT + 2):
        headers = dict.fromkeys(FORWARDED, f"203.0.113.{attempt}")
        spelling = email.title() if attempt % 2 else email
        body = {"email": spelling, "password": WRONG_PASSWORD}
        statuses.append(anyone.post("/auth/login", body, headers=headers).status_code)
    assert statuses == [401] * LIMIT + [429] * 2
    body = {"email": email, "password": PASSWORD}
    refused(anyone.post("/auth/login", body), 429, "too-many-requests")


@pytest.mark.slow
def test_an_account_that_is_shut_shuts_no_other(watched: Watched) -> None:
    """OWASP API4:2023, CWE-645: others log in, and who was in stays in."""
    branch = watched.branch
    inside = branch.customer()
    for _ in range(LIMIT + 1):
        branch.anyone.post("/auth/login", {"email": inside.email, "password": WRONG_PASSWORD})
    succeeded(inside.client.get("/users/me"), 200)
    branch.customer()


INVENTORY = (
    *("/docs/", "/redoc", "/openapi.json", "/swagger", "/swagger.json", "/swagger-ui/"),
    *("/graphql", "/graphiql", "/api", "/v1/books", "/api/v1/users", "/internal", "/private"),
    *("/debug", "/debug/pprof", "/console", "/__debug__/", "/_debug_toolbar", "/metrics"),
    *("/status", "/server-status", "/server-info", "/info", "/env", "/actuator", "/actuator/env"),
    *("/health", "/health/", "/healthz", "/trace", "/config", "/settings", "/version", "/test"),
    *("/.env", "/.git/config", "/.git/HEAD", "/.well-known/jwks.json", "/.htaccess", "/.DS_Store"),
    *("/bookstore.db", "/db.sqlite3", "/static/", "/media/", "/backup", "/api-docs"),
    *("/admin.php", "/phpmyadmin", "/wp-login.php", "/admin", "/administrator", "/robots.txt"),
    *("/users/admin", "/users/1", "/auth", "/auth/token", "/auth/register", "/auth/forgot"),
    *("/payments", "/refunds", "/webhooks", "/faults", "/ledger", "/seed", "/reset", "/migrate"),
)


@pytest.mark.parametrize("path", INVENTORY)
def test_there_is_nothing_beside_the_contract(admin: Client, path: str) -> None:
    """OWASP API9:2023, CWE-1059, CWE-538: neither for an anonymous client nor for an admin."""
    for client in (admin, admin.bearing(None)):
        answers = [client.request(method, path) for method in ("GET", "POST")]
        assert {answer.status_code for answer in answers} <= {401, 404, 405}


def test_an_admin_site_asks_who_is_there(url: str, admin: Client) -> None:
    """OWASP API9:2023, CWE-306: an admin site ignores access tokens and has a separate login."""
    token = f"Authorization: Bearer {admin.token}".encode()
    for path in (b"", b"api", b"users.json", b"bookstore/user/"):
        for method in (b"GET", b"POST"):
            sent = message(b"%s /admin/%s HTTP/1.1" % (method, path), token, CLOSE)
            (reply,) = exchange(url, sent)
            assert reply.status in {302, 403, 404}
            if reply.status == 302:
                assert reply["Location"].startswith("/admin/login/")
    (form,) = exchange(url, message(b"GET /admin/login/ HTTP/1.1", CLOSE))
    if form.status != 404:
        assert (form["X-Frame-Options"], form["X-Content-Type-Options"]) == ("DENY", "nosniff")
        for cookie in form.all("Set-Cookie"):
            assert "SameSite" in cookie
            assert "Path=/admin/" in cookie


@pytest.fixture(scope="module")
def url(target: Target) -> str:
    """Where to connect to."""
    if not target.base_url.startswith("http://"):
        pytest.skip("speaks HTTP over TCP, and this server wants TLS")
    return target.base_url


@pytest.mark.parametrize("path", ["/books", "/nonsense", "/users/me", "/health/ready", "/cart"])
def test_an_answer_says_little_of_its_server(anyone: Client, path: str) -> None:
    """OWASP API8:2023, CWE-200, CWE-497: neither versions nor frameworks, nor cookies."""
    answer = anyone.get(path)
    assert not re.search("[0-9]", answer.headers.get("Server", ""))
    for name in ("X-Powered-By", "X-AspNet-Version", "X-Runtime", "Set-Cookie"):
        assert name not in answer.headers
    if not options.chosen().elsewhere:  # where a gateway has to (RFC 9110, 7.6.3)
        assert "Via" not in answer.headers


@pytest.mark.parametrize("origin", ["https://villain.example", "null", "http://127.0.0.1"])
def test_no_other_site_reads_an_answer(reader: Client, origin: str) -> None:
    """OWASP API8:2023, CWE-942: unless it is told to, the server allows no origin (CORS)."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    for method, path in (("GET", "/users/me"), ("OPTIONS", "/cart"), ("GET", "/books")):
        answer = reader.request(method, path, headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_forwarded_host_is_not_in_a_response(shop: Shop, url: str) -> None:
    """OWASP API8:2023, CWE-644: no proxy is trusted, so Link and Location ignore its headers."""
    shop.books(2)
    names = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Proto", "X-Forwarded-Prefix")
    fields = [f"{name}: villain".encode() for name in names]
    fields.append(b"Forwarded: host=villain;proto=villain")
    (reply,) = exchange(url, message(b"GET /books?limit=1 HTTP/1.1", *fields, CLOSE))
    link = urlsplit(reply["Link"].removeprefix("<"))
    assert (link.netloc in {"", "shop"}, link.path) == (True, "/books")
    assert "villain" not in str(reply.fields)
    assert b"villain" not in reply.content


def test_readiness_names_no_address(anyone: Client) -> None:
    """OWASP API8:2023, CWE-200: readiness reports a state, not an address."""
    told = anyone.get("/health/ready").text
    for inside in ("127.0.0.1", "localhost", "://", "sqlite", "postgres", "6379", "5432"):
        assert inside not in told


@pytest.mark.slow
def test_an_address_cannot_call_itself_another(watched: Watched) -> None:
    """OWASP API6:2023, CWE-348, CWE-290: no proxy is trusted, so that none of this counts.

    The last one of this shop: it is closed to this address afterwards.
    """
    statuses = []
    for attempt in range(LIMIT_ADDRESS + 1):
        headers = dict.fromkeys(FORWARDED, f"203.0.113.{attempt}")
        body = {"email": formats.email(), "password": WRONG_PASSWORD}
        answer = watched.branch.anyone.post("/auth/login", body, headers=headers)
        statuses.append(answer.status_code)
    assert set(statuses) == {401, 429}
