"""A seeded bug as an exercise: the broken shop, the hints, the check of a guess, the solution."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from workbench import ROOT
from workbench.hunt.catalogue import Bug, catalogue, chosen
from workbench.hunt.exercise import check, hint, hints, usage
from workbench.hunt.places import Broken, Guess, Verdict
from workbench.hunt.reveal import difference, reveal
from workbench.processes import FailedError, free_port, is_taken
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD, implementations

BUGS = catalogue()
[OTHERS_ORDER] = chosen("order-readable-by-other-customers", BUGS)
SERVICES = "impl_flask/bookstore/orders/services.py"
READY_SECONDS = 120.0


def broken_by(bug: Bug, implementation: str) -> Broken:
    """Apply a bug; skip the test if its edits are stale."""
    if stale := bug.edits(implementation).stale:
        pytest.skip(f"the edits are stale: {stale}")
    return Broken.by(bug, implementation)


@pytest.mark.parametrize("implementation", implementations())
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_place_is_in_the_broken_file_and_right(bug: Bug, implementation: str) -> None:
    broken = broken_by(bug, implementation)
    assert broken.places
    for place in broken.places:
        assert place.first <= place.line <= place.last
        assert broken.verdict(Guess(place.file, place.line)) == "there"
        lines = broken.texts[place.file].splitlines(keepends=True)[place.first - 1 : place.last]
        assert "".join(lines) not in (ROOT / place.file).read_text()


@pytest.mark.parametrize("implementation", implementations())
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_only_the_last_hints_say_where(bug: Bug, implementation: str) -> None:
    files = [place.file for place in broken_by(bug, implementation).places]
    *first, file, _function = hints(bug, implementation)
    assert not [name for name in files if name in " ".join(first)]
    assert all(name in file for name in files)


def line_of(text: str) -> int:
    """Return the number of the first line of the sound file that contains a text."""
    lines = (ROOT / SERVICES).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("file", "text", "verdict"),
    [
        (SERVICES, "_owned(_order, caller.owner)", "there"),
        (f"/where/it/is/copy/{SERVICES}", "_owned(_order, caller.owner)", "there"),
        (SERVICES, "def get_order(", "function"),
        (SERVICES, "def place_order(", "file"),
        ("impl_flask/bookstore/auth.py", "", "elsewhere"),
        ("impl_django/bookstore/orders/services.py", "", "elsewhere"),
    ],
)
def test_a_verdict_says_how_near_a_guess_is(file: str, text: str, verdict: Verdict) -> None:
    line = line_of(text) if text else 1
    guess = Guess.read(f"{file}:{line}")
    assert Broken.by(OTHERS_ORDER, "flask").verdict(guess) == verdict


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ("nonsense", "FILE:LINE"),
        (f"{SERVICES}:0", "FILE:LINE"),
        (f"{SERVICES}:99999", "has no line 99999"),
        ("impl_flask/no.py:1", r"no impl_flask/no\.py"),
        ("../etc/passwd:1", r"There is no \.\./etc/passwd"),
    ],
)
def test_a_guess_that_is_not_a_line_is_rejected(guess: str, message: str) -> None:
    with pytest.raises(FailedError, match=message):
        check(OTHERS_ORDER, "flask", guess)


@pytest.mark.parametrize("number", [0, 5])
def test_an_unknown_hint_is_rejected(number: int) -> None:
    with pytest.raises(FailedError, match="There are 4 hints"):
        hint(OTHERS_ORDER, "flask", number)


def hunt(*arguments: str) -> list[str]:
    """Return the command of `make hunt`."""
    return [sys.executable, "-m", "workbench.hunt", *arguments]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hint", "1"],
        ["--bug", "oversell"],
        ["--bug", "oversell,n-plus-one", "--impl", "flask"],
        ["--impl", "flask", "--reveal"],
    ],
)
def test_an_exercise_is_one_bug_in_one_implementation(arguments: list[str]) -> None:
    done = subprocess.run(hunt(*arguments), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "make hunt BUG=oversell" in done.stderr.replace("n-plus-one", "oversell")
    assert "make hunt-report" in done.stderr


def test_without_a_bug_the_exercises_are_listed() -> None:
    done = subprocess.run(hunt("--impl", "flask"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{usage(BUGS)}\n"
    for bug in BUGS:
        assert (f"  {bug.name}\n" in done.stdout) == bool(bug.exercise)
    assert "make hunt-report" in done.stdout


def test_a_guess_decides_the_exit_status() -> None:
    right = f"{SERVICES}:{line_of('_owned(_order, caller.owner)')}"
    for guess, status in ((right, 0), (f"{SERVICES}:1", 1)):
        command = hunt("--bug", "order-readable", "--impl", "flask", "--guess", guess)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, "")
        assert done.stdout


@pytest.fixture
def broken_shop(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Open the shop with the bug; yield its URL and the file with the output; end it by Ctrl-C."""
    port, said = free_port(), tmp_path / "said"
    command = hunt("--bug", "order-readable", "--impl", "flask", "--port", str(port))
    with said.open("w") as output, subprocess.Popen(command, stdout=output) as exercise:
        deadline = time.monotonic() + READY_SECONDS
        while "Ctrl-C stops everything." not in said.read_text():
            assert exercise.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", said
        exercise.send_signal(signal.SIGINT)
        assert exercise.wait(60) == 0
    assert said.read_text().endswith("\nStopped.\n")
    assert not is_taken(port)


def bearing(shop: httpx.Client, email: str) -> dict[str, str]:
    """Return the headers of a demo user."""
    credentials = {"email": email, "password": DEMO_PASSWORD}
    token = shop.post("/auth/login", json=credentials).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_the_broken_shop_shows_the_symptom(broken_shop: tuple[str, Path]) -> None:
    url, said = broken_shop
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as shop:
        customer, reader = (
            bearing(shop, f"{who}@bookstore.example") for who in ("customer", "reader")
        )
        book = shop.get("/books?limit=1&in_stock=true").raise_for_status().json()["items"][0]["id"]
        shop.put(f"/cart/items/{book}", json={"quantity": 1}, headers=customer).raise_for_status()
        key = {"Idempotency-Key": "order-1"}
        ordered = shop.post(
            "/orders", json={"shipping_address": DEMO_ADDRESS}, headers=customer | key
        )
        answer = shop.get(ordered.raise_for_status().headers["Location"], headers=reader)
    assert answer.status_code == httpx.codes.OK
    assert "queries" in answer.headers["Server-Timing"]
    briefing = said.read_text()
    assert OTHERS_ORDER.story.splitlines()[0] in briefing
    for secret in (OTHERS_ORDER.title, "services.py", "get_order"):
        assert secret not in briefing


def test_the_solution_is_the_change_and_the_request_that_shows_it() -> None:
    screen = io.StringIO()
    console = Console(file=screen, highlight=False, soft_wrap=True)
    assert reveal(OTHERS_ORDER, "flask", "sqlite", console)
    shown = screen.getvalue()
    broken = Broken.by(OTHERS_ORDER, "flask")
    (place,) = broken.places
    (edit,) = OTHERS_ORDER.edits("flask").edits
    assert str(place) in shown
    assert "\n".join(difference(broken)) in shown
    assert f"\n-{edit.find}+{edit.replace}" in shown
    assert OTHERS_ORDER.caught_by in shown
    assert "curl -i " in shown
