"""The suite's command line."""

from dataclasses import dataclass, replace

import pytest

from harness import SUITE
from harness.databases import KINDS
from harness.server import implementations

WORKERS = 3
"""Processes that share the whole suite, on two cores or more: each has servers of its own."""

SEED = 20260301
"""Where `--hypothesis-seed` names no other, so that two runs do the same."""


@dataclass(frozen=True)
class Profile:
    """How much of the unbounded part of the suite to run."""

    examples: int
    """Generated requests for each operation."""
    stateful_examples: int
    cli_examples: int
    model_examples: int = 10
    """Runs of several people through the shop, against the reference."""
    model_steps: int = 55
    """Steps of each."""
    cli_phases: str = "examples,fuzzing,stateful"
    """What the command line does again; boundaries are tried in pytest anyway."""
    boundaries: bool = True
    """Whether to try every boundary of every input as well."""
    rounds: int = 3
    """How often what depends on the moment is tried: races and crashes."""
    lockstep_examples: int = 40
    """Sequences of requests that several targets are compared by."""
    lockstep_steps: int = 8
    """Steps of each, at most; some are several requests."""
    elsewhere: bool = False
    """Whether the server runs already, with settings of its own."""
    seed: int = SEED


PROFILES = {
    "smoke": Profile(
        examples=2,
        stateful_examples=1,
        cli_examples=1,
        model_examples=2,
        model_steps=15,
        boundaries=False,
    ),
    "default": Profile(examples=12, stateful_examples=8, cli_examples=6),
    "deep": Profile(
        examples=150,
        stateful_examples=100,
        cli_examples=60,
        model_examples=200,
        model_steps=60,
        cli_phases="examples,coverage,fuzzing,stateful",
        rounds=20,
        lockstep_examples=1000,
        lockstep_steps=20,
    ),
}


def add_to(parser: pytest.Parser) -> None:
    """Tell pytest about them."""
    group = parser.getgroup("bookstore", "the bookstore under test")
    group.addoption("--impl", help="flask, fastapi, django …: a folder impl_<name>; or all")
    group.addoption("--base-url", help="a server that runs already, anywhere")
    group.addoption("--admin", metavar="EMAIL:PASSWORD", help="an admin's account on it")
    group.addoption("--sandbox", metavar="URL", help="its payment sandbox, if that is one of ours")
    group.addoption("--sandbox-key", metavar="KEY", help="the API key of that sandbox")
    group.addoption("--webhook-secret", metavar="SECRET", help="what its events are signed with")
    group.addoption(
        "--db",
        "--database",
        choices=KINDS,
        default="sqlite",
        help="what the suite's own servers keep their data in",
    )
    group.addoption("--profile", choices=list(PROFILES), default="default", help="how much to try")


def check(config: pytest.Config) -> None:
    """Raise pytest.UsageError where options do not go together."""
    options = config.option
    if options.base_url:
        if options.impl or ":" not in (options.admin or ""):
            raise pytest.UsageError("--base-url goes with --admin EMAIL:PASSWORD, without --impl")
        if bool(options.sandbox) != bool(options.sandbox_key):
            raise pytest.UsageError("--sandbox goes with --sandbox-key")
        return
    if options.sandbox or options.sandbox_key or options.webhook_secret:
        raise pytest.UsageError("--sandbox and --webhook-secret go with --base-url")
    names = implementations()
    if not names:
        raise pytest.UsageError("there is no impl_*/.venv/bin/bookstore: make an environment first")
    options.impl = options.impl or "all"
    if options.impl not in [*names, "all"]:
        raise pytest.UsageError(f"--impl is one of {', '.join([*names, 'all'])}")


_chosen = PROFILES["default"]


def choose(config: pytest.Config) -> None:
    """Take the profile and the seed from the command line."""
    global _chosen  # noqa: PLW0603  # tests are generated when modules load, before any fixture
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = SEED
    _chosen = replace(
        PROFILES[config.option.profile],
        elsewhere=bool(config.option.base_url),
        seed=int(config.option.hypothesis_seed),
    )


def chosen() -> Profile:
    """The profile of this run."""
    return _chosen


def is_partial(config: pytest.Config) -> str | None:
    """Why this run is only a part of the suite, or None if it is all of it."""
    if config.option.profile == "smoke":
        return "the smoke profile"
    return None if is_whole(config) else "only some tests were chosen"


def is_whole(config: pytest.Config) -> bool:
    """Whether every file of the suite is run, with all that the profile has of it."""
    options = config.option
    root = config.invocation_params.dir
    if options.keyword or options.markexpr or options.deselect or options.ignore:
        return False
    return all((root / argument).resolve() == SUITE for argument in config.args)
