"""A bug as an exercise: the broken shop to investigate, hints, a check of a guess."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from workbench import ROOT, VAR
from workbench.databases import postgres
from workbench.hunt.catalogue import LEVELS, Bug
from workbench.hunt.copies import copy_of_the_repository, require_own_code
from workbench.hunt.places import Broken, Guess
from workbench.processes import FailedError, Processes
from workbench.run.greeting import addresses
from workbench.sandboxes import Sandbox
from workbench.shops import (
    DEMO_PASSWORD,
    DEMO_USERS,
    Shop,
    check_ports,
    implementations,
    webhook_url,
)
from workbench.stores import open_store

FOLDER = VAR / "hunt"
"""Where the broken shop writes its log, its database and those of its payment provider."""

SETTINGS = {"BOOKSTORE_DEBUG_TIMING": "1"}

SHOWS = {
    "easy": "one or two requests show each of these:",
    "medium": "several requests show each of these, and the state between them:",
    "hard": "these need concurrent requests, a failing payment provider or a count of statements:",
}
"""What a level means, to introduce its exercises."""

VERDICTS = {
    "there": "Found: {guess} is where the bug is.",
    "function": "Close: the right function, but another line.",
    "file": "Warm: the right file, but another function.",
    "elsewhere": "No: the bug is in another file.",
}


def usage(bugs: list[Bug]) -> str:
    """Explain how to open an exercise, and list the ones to begin with."""
    lines = ["Find a seeded bug yourself: one bug in one implementation.", ""]
    lines += [f"  {command([bug for bug in bugs if bug.exercise])}", ""]
    for level in LEVELS:
        names = [bug.name for bug in bugs if bug.exercise == level]
        lines += [f"{level.capitalize()}: {SHOWS[level]}", "", *(f"  {name}" for name in names), ""]
    return "\n".join(
        [
            *lines,
            "Every other folder of contract_tests/bugs/ is an exercise, too. BUG is its name, or a",
            f"part that no other name contains. IMPL is one of {', '.join(implementations())}.",
            "",
            "`make hunt-report` measures the suite instead: which of the bugs does it catch?",
        ]
    )


def command(bugs: list[Bug]) -> str:
    """Return the command that opens an exercise."""
    name = bugs[0].name if bugs else "oversell"
    return f"make hunt BUG={name} IMPL={implementations()[0]}"


def explore(bug: Bug, implementation: str, database: str, port: int) -> None:
    """Open the broken shop and wait; at the end, stop all processes and delete the copy."""
    edits = bug.edits(implementation)
    edits.broken(ROOT)  # Report edits that do not apply before the copy is made.
    check_ports(range(port, port + 2))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with ExitStack() as stack:
        folder = stack.enter_context(copy_of_the_repository())
        require_own_code(folder / f"impl_{implementation}")
        edits.apply(folder)
        url = stack.enter_context(_database(bug.database or database, implementation))
        processes = stack.enter_context(Processes())
        store = open_store(processes, FOLDER)
        sandbox = Sandbox(implementation, port + 1, webhook_url(port), FOLDER).open(processes)
        shop = Shop(implementation, port, url, store, sandbox, FOLDER, folder, SETTINGS)
        print(briefing(bug, shop.open(processes)), flush=True)
        processes.wait()


@contextmanager
def _database(kind: str, implementation: str) -> Iterator[str]:
    """Yield the URL of a fresh database: an exercise starts without another one's orders."""
    if kind == "postgres":
        with postgres(implementation) as url:
            yield url
    else:
        yield f"sqlite:///{FOLDER / implementation}.db"


def briefing(bug: Bug, shop: Shop) -> str:
    """Describe the symptom, the tools to investigate it, and how to check a guess.

    The briefing does not contain the bug's title, which is the first hint.
    """
    hunt = f"make hunt BUG={bug.name} IMPL={shop.name}"
    code = shop.root / f"impl_{shop.name}" / "bookstore"
    return "\n".join(
        [
            "",
            f"A bug in {shop.name}. What users report:",
            "",
            *(f"  {line}" for line in bug.story.splitlines()),
            "",
            "The broken shop is open:",
            "",
            *(f"  {line}" for line in addresses(shop)),
            f"  {'  code':<12}{code}",
            f"  {'  database':<12}{shop.database_url}",
            "",
            *_tools(shop),
            "",
            "Have you found the line? Guess as often as you like, in another terminal:",
            "",
            f"  {hunt} GUESS=impl_{shop.name}/bookstore/….py:123",
            f"  {hunt} HINT=1       (of {len(hints(bug, shop.name))}; each reveals more)",
            f"  {hunt} REVEAL=1     the line, and the test that catches the bug",
            "",
            "Ctrl-C stops everything.",
        ]
    )


def _tools(shop: Shop) -> list[str]:
    """List access tokens, and the response headers that help to investigate."""
    tokens = {email.partition("@")[0].upper(): shop.token(email) for email in DEMO_USERS}
    return [
        f"Tokens for fifteen minutes (demo users, password {DEMO_PASSWORD}):",
        "",
        *(f"  {name}={token}" for name, token in tokens.items()),
        f'  curl -i -H "Authorization: Bearer $CUSTOMER" {shop.url}/users/me',
        "",
        "Every response has a Server-Timing header: milliseconds and the number of SQL statements.",
        "Its X-Request-Id is the request_id of its line in the log, which explains failures.",
    ]


def hints(bug: Bug, implementation: str) -> list[str]:
    """Return the hints, from the kind of bug to the function that contains it."""
    broken = Broken.by(bug, implementation)
    files = list(dict.fromkeys(place.file for place in broken.places))
    functions = [broken.function(place.file, place.line) for place in broken.places]
    named = list(dict.fromkeys(name for name in functions if name))
    inside = f"It is in {' and '.join(named)}." if named else "It is outside of every function."
    return [
        f"In short: {bug.title} ({bug.kind}).",
        f"The suite catches it in contract_tests/{bug.caught_by}. What do these tests check?",
        f"It is in {' and '.join(files)}.",
        inside,
    ]


def hint(bug: Bug, implementation: str, number: int) -> str:
    """Return one hint by its number. Raises FailedError if the number is out of range."""
    every = hints(bug, implementation)
    if not 1 <= number <= len(every):
        raise FailedError(f"There are {len(every)} hints: HINT=1 reveals least")
    return f"{number} of {len(every)}: {every[number - 1]}"


def check(bug: Bug, implementation: str, text: str) -> bool:
    """Print whether a guess is right, without the right place; return whether it is."""
    guess = Guess.read(text)
    verdict = Broken.by(bug, implementation).verdict(guess)
    print(VERDICTS[verdict].format(guess=text))
    return verdict == "there"
