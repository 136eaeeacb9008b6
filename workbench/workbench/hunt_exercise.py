"""One bug as an exercise: the broken shop to look around in, hints, a check, and the solution."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from workbench import VAR
from workbench.databases import postgres
from workbench.greeting import places as addresses
from workbench.hunt_bugs import Bug
from workbench.hunt_copies import copy_of_the_repository, require_own_code
from workbench.hunt_places import Broken, Guess
from workbench.processes import FailedError, Processes
from workbench.sandboxes import Sandbox
from workbench.shops import DEMO_PASSWORD, DEMO_USERS, Shop, check_ports, webhook_url
from workbench.stores import open_store

FOLDER = VAR / "hunt"
"""What the broken shop leaves behind: its log, its database, its provider's."""

SETTINGS = {"BOOKSTORE_DEBUG_TIMING": "1"}

VERDICTS = {
    "there": "Found: {guess} is where it is broken.",
    "function": "Close: that is the function, but another line of it.",
    "file": "Warm: that is a file it is in, but somewhere else in it.",
    "elsewhere": "No: it is not in that file.",
}


def explore(bug: Bug, implementation: str, database: str, port: int) -> None:
    """Open the broken shop and wait; all is stopped, and gone, when this ends."""
    check_ports(range(port, port + 2))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with ExitStack() as stack:
        folder = stack.enter_context(copy_of_the_repository())
        require_own_code(folder / f"impl_{implementation}")
        bug.apply(implementation, folder)
        url = stack.enter_context(_database(bug.database or database, implementation))
        processes = stack.enter_context(Processes())
        store = open_store(processes, FOLDER)
        sandbox = Sandbox(implementation, port + 1, webhook_url(port), FOLDER).open(processes)
        shop = Shop(implementation, port, url, store, sandbox, FOLDER, folder, SETTINGS)
        print(briefing(bug, shop.open(processes)), flush=True)
        processes.wait()


@contextmanager
def _database(kind: str, implementation: str) -> Iterator[str]:
    """A fresh one: what somebody has bought in another exercise would only be in the way."""
    if kind == "postgres":
        with postgres(implementation) as url:
            yield url
    else:
        yield f"sqlite:///{FOLDER / implementation}.db"


def briefing(bug: Bug, shop: Shop) -> str:
    """What is wrong, what there is to find it with, and how to see whether one has.

    Neither the bug's name nor its title: some of them would give it away.
    """
    command = f"make hunt BUG={int(bug.number)} IMPL={shop.name}"
    code = shop.root / f"impl_{shop.name}" / "bookstore"
    return "\n".join(
        [
            "",
            f"Bug {bug.number}, in {shop.name}. What people say:",
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
            "Have you found the line? Guess it as often as you like, in another terminal:",
            "",
            f"  {command} GUESS=impl_{shop.name}/bookstore/….py:123",
            f"  {command} HINT=1       (of {len(hints(bug, shop.name))}, each tells more)",
            f"  {command} REVEAL=1     the test that notices it, and the line",
            "",
            "Ctrl-C stops everything.",
        ]
    )


def _tools(shop: Shop) -> list[str]:
    """Tokens, and what every answer tells."""
    tokens = {email.partition("@")[0].upper(): shop.token(email) for email in DEMO_USERS}
    return [
        f"Tokens for fifteen minutes (demo users, password {DEMO_PASSWORD}):",
        "",
        *(f"  {name}={token}" for name, token in tokens.items()),
        f'  curl -i -H "Authorization: Bearer $CUSTOMER" {shop.url}/users/me',
        "",
        "Each answer has a Server-Timing header: milliseconds, and the number of SQL statements.",
        "Its X-Request-Id is the request_id of its line in the log, where failures are explained.",
    ]


def hints(bug: Bug, implementation: str) -> list[str]:
    """From what it is about to the function it is in."""
    broken = Broken.by(bug, implementation)
    files = list(dict.fromkeys(place.file for place in broken.places))
    functions = [broken.function(place.file, place.line) for place in broken.places]
    named = list(dict.fromkeys(name for name in functions if name))
    inside = f"It is in {' and '.join(named)}." if named else "It is outside of every function."
    return [
        f"In short: {bug.title} ({bug.kind}).",
        f"The suite notices it in contract_tests/{bug.caught_by}: what is tested there?",
        f"It is in {' and '.join(files)}.",
        inside,
    ]


def hint(bug: Bug, implementation: str, number: int) -> str:
    """One of them, by its number. Raises FailedError if there are not so many."""
    told = hints(bug, implementation)
    if not 1 <= number <= len(told):
        raise FailedError(f"There are {len(told)} hints: HINT=1 tells least")
    return f"{number} of {len(told)}: {told[number - 1]}"


def check(bug: Bug, implementation: str, text: str) -> bool:
    """Say whether a guess is right, and nothing more of where it would be."""
    guess = Guess.read(text)
    verdict = Broken.by(bug, implementation).verdict(guess)
    print(VERDICTS[verdict].format(guess=text))
    return verdict == "there"
