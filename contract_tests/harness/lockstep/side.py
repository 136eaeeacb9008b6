"""A target in a comparison: replaces symbols by the target's values, and sends requests."""

import copy
import json
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import httpx

from harness import answers, formats, people, webhooks
from harness.client import location, succeeded, trust
from harness.contract import Json
from harness.lockstep.normal import Names, normal
from harness.lockstep.rows import MARK
from harness.lockstep.snapshots import Snapshot
from harness.lockstep.steps import NOBODY, PEOPLE, Step
from harness.lockstep.values import KNOWN, Symbol
from harness.target import Target

NOTHING = "00000000-0000-4000-8000-000000000000"
"""An id that no resource has."""
ROLES = {"staff": "staff", "admin": "admin"}


@dataclass
class Memory:
    """What is known from a target's responses so far."""

    names: Names = field(default_factory=Names)
    latest: dict[str, str] = field(default_factory=dict)
    """The most recent id of each kind."""
    tokens: dict[str, str] = field(default_factory=dict)
    refresh_token: str = "rt_unknown"  # until the first login
    cursors: dict[str, str] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    carts: bool = False


@dataclass(frozen=True)
class Kept:
    """A stored state of a target."""

    rows: Snapshot
    memory: Memory


@dataclass
class Side:
    """A target, its registered users, and what is known from its responses."""

    target: Target
    database_url: str | None = None
    """The database, or None if the suite did not start the target and cannot restore it."""
    word: str = ""
    """A part of names and addresses that makes them unique if the state is not restored."""
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.target.base_url, timeout=60, trust_env=False, verify=trust()
        )
        self.http.headers.clear()

    @property
    def name(self) -> str:
        """The name of the target."""
        return self.target.name

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def populate(self, word: str) -> None:
        """Forget everything, then register and log in all users."""
        self.word, self.memory = word, Memory()
        boss = self._log_in(self.target.admin_email, self.target.admin_password)
        for number, name in enumerate(PEOPLE, 1):
            email = self._text_of(Symbol("email", number=number))
            body = {"email": email, "password": people.PASSWORD, "name": name.title()}
            made = succeeded(self.http.post("/users", json=body), 201)
            self.memory.names.meet("user", made.json()["id"], f"user {number}")
            if role := ROLES.get(name):
                headers = {**_bearer(boss["access_token"]), "If-Match": made.headers["ETag"]}
                where = f"/users/{made.json()['id']}"
                succeeded(self.http.patch(where, json={"role": role}, headers=headers), 200)
            tokens = self._log_in(email, people.PASSWORD)
            self.memory.tokens[name] = tokens["access_token"]
            self.memory.refresh_token = tokens["refresh_token"]

    def _log_in(self, email: str, password: str) -> Json:
        body = {"email": email, "password": password}
        return succeeded(self.http.post("/auth/login", json=body), 200).json()

    def settle(self) -> None:
        """End the setup: later resources get higher numbers than all of the setup's."""
        self.memory.names.counts.update(KNOWN)

    def ask(self, step: Step) -> "Exchange":
        """Send a step and return the exchange."""
        request = self.build(step)
        if self.target.is_ours:
            self.memory.names.starts.append(time.time())
        try:
            answer = self.http.send(request)
        except httpx.TransportError as error:
            return Exchange(self, step, request, {"status": "none"}, f"no response: {error!r}")
        try:
            answers.check(answer)
        except AssertionError as fault:
            return Exchange(self, step, request, {"status": answer.status_code}, str(fault))
        told = normal(answer, step.operation, self.memory.names, step.makes)
        self._remember(step, request, answer)
        return Exchange(self, step, request, told)

    def build(self, step: Step) -> httpx.Request:
        """Build the request of a step for this target."""
        path = step.operation.path
        for name, value in step.path.items():
            text = self._text(value)
            kept = text if "%" in text else quote(text, safe="-{}")
            path = path.replace(f"{{{name}}}", kept)
        path += step.suffix
        query = urlencode([(name, self._text(value)) for name, value in step.query])
        content = self._content(step.body) if step.operation.body_types else None
        headers = dict(self._headers(step, path, content))
        url = self.target.base_url + path + ("?" + query if query else "")
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return self.http.build_request(step.verb, url, headers=raw, content=content)

    def _headers(self, step: Step, path: str, content: bytes | None) -> Iterator[tuple[str, str]]:
        own: dict[str, Json] = {"Accept": "*/*", **dict.fromkeys(["Accept-Encoding", "User-Agent"])}
        if step.who != NOBODY and (token := self.memory.tokens.get(step.who)):
            own["Authorization"] = f"Bearer {token}"
        if content is not None:
            own["Content-Type"] = step.body_type
            if step.signed:
                own |= self._signature(step, content)
        for name, value in step.headers:
            if isinstance(value, Symbol) and value.kind == "etag":
                own[name] = self._tags(step, path, value.name)
            else:
                own[name] = value
        return ((name, self._text(value)) for name, value in own.items() if value is not None)

    def _signature(self, step: Step, content: bytes) -> Mapping[str, str]:
        secret = self.target.webhook_secret or webhooks.SECRETS[0]
        ago = 400 if step.signed == "old" else 0
        signed = webhooks.headers(content, secret, seconds_ago=ago)
        return {**signed, "webhook-signature": "v1,AAAA"} if step.signed == "forged" else signed

    def _tags(self, step: Step, path: str, kind: str) -> str:
        """Return a value for If-Match or If-None-Match: the current tag, or a variant of it."""
        if kind == "*":
            return kind
        who = step.who if path.startswith(("/users/me", "/cart")) else "admin"
        where = "/cart" if path.startswith("/cart") else path
        token = self.memory.tokens.get(who)
        bearer = _bearer(token) if token else {}
        answer = self.http.get(where, headers=bearer)
        current = str(answer.headers.get("ETag", '"none"'))
        old = next(iter(self.memory.tags.get(where, [])), '"none"')
        return {
            "current": current,
            "old": old,
            "weak": f"W/{current}",
            "list": f'"a,b" ,{current}, "c"',
        }[kind]

    def _content(self, body: Json) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, bytes):
            for number in range(1, 5):
                mark = MARK.format(number).encode()
                body = body.replace(mark, self._text_of(Symbol("isbn", number=number)).encode())
            return bytes(body)
        value = self._resolved(body)
        try:
            return json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return json.dumps(value).encode()

    def _resolved(self, value: Json) -> Json:
        if isinstance(value, Symbol):
            return self._text_of(value)
        if isinstance(value, dict):
            return {name: self._resolved(inner) for name, inner in value.items()}
        return [self._resolved(item) for item in value] if isinstance(value, list) else value

    def _text(self, value: Json) -> str:
        if isinstance(value, Symbol):
            return self._text_of(value)
        return value if isinstance(value, str) else json.dumps(value)

    def _text_of(self, symbol: Symbol) -> str:
        """Return the value of a symbol on this target."""
        memory, number = self.memory, symbol.number
        word = "Ünder" if number == 3 else "Name"
        texts = {
            "id": self.id_of(symbol) or NOTHING,
            "isbn": self._isbn(abs(number)),
            "email": f"reader{number}{self.word}@contract.example",
            "name": f"{word} {number}{self.word}",
            "text": f"{symbol.name}{self.word}",
            "key": f"key-{symbol.name}-{number}",
            "cursor": memory.cursors.get(symbol.name, "WyJuZXdlc3QiXQ"),
            "refresh token": memory.refresh_token,
            "day": str(datetime.now(UTC).date() + timedelta(number)),
        }
        return texts[symbol.kind]

    def id_of(self, symbol: Symbol) -> str | None:
        """Return the id of a resource; number 0 is the most recent one of its kind."""
        if symbol.number == 0:
            return self.memory.latest.get(symbol.name)
        return self.memory.names.known(f"{symbol.name} {symbol.number}")

    def _isbn(self, number: int) -> str:
        start = zlib.crc32(self.word.encode()) % 99_999_999 if self.word else 0
        twelve = f"978{start * 10 + number:09d}"
        return twelve + formats.check_digit(twelve)

    def _remember(self, step: Step, request: httpx.Request, answer: httpx.Response) -> None:
        memory, path = self.memory, request.url.path
        if tag := answer.headers.get("ETag"):
            made = location(answer) if "Location" in answer.headers else path
            kept = memory.tags.setdefault(made, [])
            kept += [tag] if tag not in kept else []
        if answer.status_code >= 300:
            return
        if key := request.headers.get("Idempotency-Key"):
            memory.keys.add((step.who, key))
        if step.operation.method == "DELETE" and step.verb == "DELETE":
            memory.gone.add(path.rpartition("/")[2])
        memory.carts |= step.operation.id == "putCartItem"
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            return
        if not isinstance(body := answer.json() if answer.content else None, dict):
            return
        if cursor := body.get("next_cursor"):
            memory.cursors[step.operation.id] = cursor
        if answer.status_code in {201, 202} and "id" in body:
            kind = memory.names.ids[body["id"]].rpartition(" ")[0]
            memory.latest[kind] = body["id"]
        if "access_token" in body:
            memory.tokens["last"] = body["access_token"]
            memory.refresh_token = body["refresh_token"]

    def kept(self) -> "Kept":
        """Store the current state of the target."""
        assert self.database_url
        return Kept(Snapshot.taken(self.database_url), copy.deepcopy(self.memory))

    def restore(self, kept: "Kept") -> None:
        """Restore a stored state. Carts are not in the database; clear them, if there are any."""
        assert self.database_url
        carts = self.memory.carts
        kept.rows.restore(self.database_url)
        self.memory = copy.deepcopy(kept.memory)
        for name in PEOPLE if carts else ():
            succeeded(self.http.delete("/cart", headers=_bearer(self.memory.tokens[name])), 204)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Exchange:
    """A step, its request to a target, and the response."""

    side: Side
    step: Step
    request: httpx.Request
    told: Json
    """The normalised response."""
    fault: str = ""
    """A violation of the contract in the response, or empty."""
