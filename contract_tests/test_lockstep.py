"""The same generated requests to several targets: nobody can tell them apart.

With several targets (`--impl flask --impl django`; `--base-url A --admin … --base-url B --admin …`;
`--base-url A --admin … --impl all`) these are compared, and nothing else is run. With one
implementation it is compared with the sibling that comes next by name.

Each sequence begins in the same small shop (harness/lockstep/steps.py), to which targets of the
suite's own are brought back; on a server that runs already a new one is made each time, with names
of its own, and lists that show what others have made are compared without their items.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random

import pytest

from harness import RESULTS, options
from harness.lockstep.requests import script
from harness.lockstep.run import Lockstep
from harness.lockstep.side import Side
from harness.server import implementations
from harness.target import Ground, Target, open_ground

pytestmark = pytest.mark.slow

ALONE = "needs a second target: another --base-url, or --impl, or the environment of a sibling"


def targets(config: pytest.Config) -> list[dict[str, str]]:
    """Those of the command line, or the one and its sibling."""
    option = config.option
    first = {name: getattr(option, name) for name in ("impl", *options.OF_SERVERS)}
    others = list(option.others)
    if option.impl and not others:
        names = [name for name in implementations() if name != option.impl]
        later = [name for name in names if name > option.impl]
        others = [{"impl": name} for name in [*later, *names][:1]]
    if not others:
        pytest.skip(ALONE)
    return [first, *others]


@contextmanager
def opened(
    config: pytest.Config, number: int, said: dict[str, str], ground: Ground | None
) -> Iterator[Side]:
    """A target, with a database and a provider of its own if the suite starts it."""
    with ExitStack() as ending:
        if url := said.get("base_url"):
            email, _, password = said["admin"].partition(":")
            secret = said.get("webhook_secret")
            target = Target(url, url.rstrip("/"), email, password, webhook_secret=secret)
            side = Side(target)
        else:
            if ground is None or ground.implementation.name != said["impl"]:
                ground = ending.enter_context(open_ground(said["impl"], config.option.db))
            server = ground.open(f"lockstep-{number}", ACCESS_TOKEN_SECONDS="86400")
            ending.enter_context(server.sandbox.client.mute())
            side = Side(ground.target(server), server.database_url)
        ending.callback(side.close)
        yield side


@pytest.fixture(scope="module")
def lockstep(pytestconfig: pytest.Config, maybe_ground: Ground | None) -> Iterator[Lockstep]:
    """The targets, ready."""
    with ExitStack() as ending:
        sides = [
            ending.enter_context(opened(pytestconfig, number, said, maybe_ground))
            for number, said in enumerate(targets(pytestconfig), 1)
        ]
        lockstep = Lockstep(sides)
        yield lockstep
        write(pytestconfig, lockstep)


def write(config: pytest.Config, lockstep: Lockstep) -> None:
    """How much was compared, in `results/<targets>/lockstep.json`."""
    told = {
        "targets": [side.name for side in lockstep.sides],
        "database": config.option.db if lockstep.is_kept else None,
        "compared": lockstep.compared,
        "answers": {
            f"{operation_id} {status}": number
            for (operation_id, status), number in sorted(lockstep.observed.items())
        },
    }
    file = RESULTS / options.title(config.option) / "lockstep.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1) + "\n")


def test_targets_answer_alike(lockstep: Lockstep) -> None:
    profile = options.chosen()
    for number in range(profile.lockstep_examples):
        steps = script(Random(f"{profile.seed}/{number}"), profile.lockstep_steps)
        if found := lockstep.play(steps):
            pytest.fail(f"sequence {number}: {lockstep.shortest(found, steps).told}", pytrace=False)
