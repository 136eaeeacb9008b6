"""The command `bookstore`: one clear line when something is wrong, logs, a clean end."""

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from harness import formats, people
from harness.client import Client, succeeded
from harness.processes import eventually, free_port
from harness.server import Server
from harness.target import Ground

pytestmark = pytest.mark.slow

UNKNOWN_BOOK = "/books/8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


def fails_with_one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The line on stderr of a command that ended badly."""
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("bookstore: ")
    return lines[0]


@pytest.fixture(scope="module")
def prepared(ground: Ground) -> Server:
    """A migrated database that no server uses yet."""
    return ground.prepare("runtime", pays=False)


BAD_SETTINGS = {
    "BOOKSTORE_ENV": "testing",
    "BOOKSTORE_SECRET_KEY": "short",
    "BOOKSTORE_DATABASE_URL": "mysql://localhost/books",
    "BOOKSTORE_DATABASE_REPLICA_URL": "postgresql://localhost/books",
    "BOOKSTORE_CURRENCY": "euro",
    "BOOKSTORE_ACCESS_TOKEN_SECONDS": "0",
    "BOOKSTORE_LOG_LEVEL": "loud",
}


def test_every_wrong_setting_is_named_at_once(ground: Ground) -> None:
    line = fails_with_one_line(ground.implementation.run("migrate", environment=BAD_SETTINGS))
    assert [name for name in BAD_SETTINGS if name not in line] == []


@pytest.mark.parametrize("secret", [None, "", "x" * 31])
def test_a_missing_or_weak_secret_stops_it(prepared: Server, secret: str | None) -> None:
    environment = {**prepared.environment, "BOOKSTORE_ENV": "production"}
    environment.pop("BOOKSTORE_SECRET_KEY")
    if secret is not None:
        environment["BOOKSTORE_SECRET_KEY"] = secret
    done = prepared.implementation.run("serve", environment=environment)
    assert "BOOKSTORE_SECRET_KEY" in fails_with_one_line(done)


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_an_unreachable_database_stops_it(
    prepared: Server, tmp_path: Path, ground: Ground, command: str
) -> None:
    url = f"sqlite:///{tmp_path}/not/there.db"
    if ground.databases.kind == "postgres":
        url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    environment = {**prepared.environment, "BOOKSTORE_DATABASE_URL": url}
    fails_with_one_line(prepared.implementation.run(command, environment=environment))


def test_a_database_without_the_layout_stops_it(prepared: Server, ground: Ground) -> None:
    environment = {
        **prepared.environment,
        "BOOKSTORE_DATABASE_URL": ground.databases.create("bare"),
    }
    fails_with_one_line(prepared.implementation.run("serve", environment=environment))


def test_migrating_twice_is_safe(prepared: Server) -> None:
    prepared.migrate()


def test_migrating_at_the_same_time_is_safe(prepared: Server, ground: Ground) -> None:
    together = replace(prepared, database_url=ground.databases.create("together"))
    with ThreadPoolExecutor(3) as pool:
        for migration in [pool.submit(together.migrate) for _ in range(3)]:
            migration.result()
    together.create_user(formats.email(), people.PASSWORD, "staff")


def test_a_name_or_password_that_is_wrong_makes_no_account(prepared: Server) -> None:
    environment = {**prepared.environment, "BOOKSTORE_NEW_PASSWORD": "short"}
    arguments = ("create-user", formats.email(), "--name", "Ada", "--role", "staff")
    fails_with_one_line(prepared.implementation.run(*arguments, environment=environment))


def test_an_address_is_taken_once(prepared: Server) -> None:
    email = formats.email()
    prepared.create_user(email, people.PASSWORD, "staff")
    environment = {**prepared.environment, "BOOKSTORE_NEW_PASSWORD": people.PASSWORD}
    arguments = ("create-user", email, "--name", "Ada", "--role", "staff")
    fails_with_one_line(prepared.implementation.run(*arguments, environment=environment))


def test_it_serves_logs_and_ends(prepared: Server) -> None:
    prepared.start()
    taken = ["serve", "--port", str(prepared.port)]
    line = fails_with_one_line(
        prepared.implementation.run(*taken, environment=prepared.environment)
    )
    assert str(prepared.port) in line
    client = Client(prepared.url)
    person = people.new_customer(client)
    headers = {"X-Request-Id": "logged-1"}
    succeeded(person.client.get("/users/me", headers=headers))
    client.get(UNKNOWN_BOOK, headers={"X-Request-Id": "logged-2"})
    person.client.request("PUT", UNKNOWN_BOOK, headers={"X-Request-Id": "logged-3"})
    client.get("/nonsense", headers={"X-Request-Id": "logged-4"})
    client.get("/books?q=secret-word")
    client.close()
    assert prepared.process
    prepared.process.terminate()
    assert prepared.process.wait(20) == 0
    text = prepared.log.read_text()
    entries = {entry["request_id"]: entry for entry in map(json.loads, _json_lines(text))}
    first, second = entries["logged-1"], entries["logged-2"]
    assert (first["message"], first["level"]) == ("request", "info")
    assert (first["method"], first["route"], first["status"]) == ("GET", "/users/me", 200)
    assert (first["path"], first["user_id"]) == ("/users/me", person.id)
    assert first["duration_ms"] >= 0
    assert (second["route"], second["status"]) == ("/books/{book_id}", 404)
    assert (second["path"], second["user_id"]) == (UNKNOWN_BOOK, None)
    third, fourth = entries["logged-3"], entries["logged-4"]
    assert (third["route"], third["status"]) == ("/books/{book_id}", 405)
    assert (fourth["route"], fourth["status"]) == (None, 404)
    assert prepared.process
    for secret in (person.password, person.client.token, person.refresh_token, "secret-word"):
        assert str(secret) not in text


def _json_lines(text: str) -> list[str]:
    """The lines of a log that tell of requests."""
    return [line for line in text.splitlines() if '"request_id"' in line]


def test_it_drains_on_sigterm(ground: Ground) -> None:
    server = ground.open("draining", pays=False, DRAIN_SECONDS="3")
    client = Client(server.url)
    assert server.process
    server.process.terminate()
    assert eventually(lambda: client.get("/health/ready").status_code == 503, seconds=2)
    succeeded(client.get("/health/live"), 200)
    succeeded(client.get("/books"), 200)
    client.close()
    assert server.process.wait(20) == 0


def test_it_ends_without_draining_on_sigint(ground: Ground) -> None:
    server = ground.open("interrupted", pays=False, DRAIN_SECONDS="60")
    assert server.process
    server.process.signal(signal.SIGINT)
    assert server.process.wait(20) == 0


def test_a_catalogue_is_imported_from_a_file(prepared: Server, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    header = "isbn,title,authors,language,published_year,price_amount,stock"
    good = f"{formats.isbn()},T,A,,,1,0"
    file.write_text(f"{header}\n{good}\n1,T,A,,,1,0\n")
    run, environment = prepared.implementation.run, prepared.environment
    done = run("import-books", file, environment=environment)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("line 3: isbn: ")
    assert lines[-1] == "created=1 updated=0 unchanged=0 rejected=1"
    again = run("import-books", file, environment=environment).stdout.splitlines()
    assert again[-1] == "created=0 updated=0 unchanged=1 rejected=1"
    assert run("import-books", file, "--on-error", "abort", environment=environment).returncode
    fails_with_one_line(run("import-books", tmp_path / "none.csv", environment=environment))
