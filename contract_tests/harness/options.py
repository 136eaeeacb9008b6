"""The suite's command line."""

from argparse import Namespace
from dataclasses import dataclass, replace

import pytest

from harness import SUITE
from harness.databases import KINDS
from harness.server import implementations

SEED = 20260301
"""Where `--hypothesis-seed` names no other, so that two runs do the same."""


@dataclass(frozen=True)
class Profile:
    """How much of the unbounded part of the suite to run."""

    examples: int
    """Generated requests for each operation."""
    stateful_examples: int
    cli_examples: int
    model_examples: int = 6
    """Runs of several people through the shop, against the reference."""
    model_steps: int = 50
    """Steps of each."""
    cli_phases: str = "examples,stateful"
    """What the command line does, which learns from answers: in the deep profile all it can."""
    boundaries: bool = True
    """Whether to try every boundary of every input as well."""
    rounds: int = 2
    """How often what depends on the moment is tried: races and crashes."""
    lockstep_examples: int = 8
    """Sequences of requests that several targets are compared by."""
    lockstep_steps: int = 24
    """Requests of each, before it looks around."""
    workers: int = 3
    """Processes that share the whole suite, on two cores or more: each has servers of its own."""
    elsewhere: bool = False
    """Whether the server runs already, with settings of its own."""
    unsigned: bool = False
    """Whether its webhook secret is unknown, so that no event can be signed."""
    seed: int = SEED

    @property
    def is_thorough(self) -> bool:
        """Whether there is time for every step, and for larger crowds."""
        return self.rounds > 10


PROFILES = {
    "smoke": Profile(
        examples=2,
        stateful_examples=1,
        cli_examples=1,
        model_examples=1,
        model_steps=12,
        boundaries=False,
        workers=2,  # what a third one brings, its servers' start takes
    ),
    "default": Profile(examples=5, stateful_examples=6, cli_examples=4),
    "deep": Profile(
        examples=150,
        stateful_examples=100,
        cli_examples=60,
        model_examples=200,
        model_steps=60,
        cli_phases="examples,coverage,fuzzing,stateful",
        rounds=20,
        lockstep_examples=400,
        lockstep_steps=32,
    ),
}


def add_to(parser: pytest.Parser) -> None:
    """Tell pytest about them."""
    group = parser.getgroup("bookstore", "the bookstore under test")
    about_targets = {
        "--impl": ("NAME", "flask, fastapi, django …: a folder impl_<name>; or all"),
        "--base-url": ("URL", "a server that runs already, anywhere"),
        "--admin": ("EMAIL:PASSWORD", "an admin's account on it"),
        "--sandbox": ("URL", "its payment sandbox, if that is one of ours"),
        "--sandbox-key": ("KEY", "the API key of that sandbox"),
        "--webhook-secret": ("SECRET", "what its events are signed with"),
    }
    for name, (metavar, told) in about_targets.items():
        # Given again, they name targets that are compared with the first one.
        group.addoption(name, action="append", metavar=metavar, help=told)
    group.addoption(
        "--db",
        "--database",
        choices=KINDS,
        default="sqlite",
        help="what the suite's own servers keep their data in",
    )
    group.addoption("--profile", choices=list(PROFILES), default="default", help="how much to try")


def check(config: pytest.Config) -> None:
    """Take the target from the command line, and those that are to be compared with it.

    Raises pytest.UsageError where options do not go together.
    """
    options = config.option
    servers = _servers(options)
    names = _names(options, servers)
    first, *others = [*servers, *({"impl": name} for name in names)]
    for name in ("impl", *OF_SERVERS):
        setattr(options, name, first.get(name))
    options.others = others


OF_SERVERS = ("base_url", "admin", "sandbox", "sandbox_key", "webhook_secret")


def _servers(options: Namespace) -> list[dict[str, str]]:
    """The servers that run already: the n-th of each option is about the n-th of them."""
    said = {name: getattr(options, name) or [] for name in OF_SERVERS}
    if not said["base_url"] and (said["sandbox"] or said["sandbox_key"] or said["webhook_secret"]):
        raise pytest.UsageError("--sandbox and --webhook-secret go with --base-url")
    if len(set(said["base_url"])) < len(said["base_url"]):
        raise pytest.UsageError("targets that are compared are different shops")
    if any(len(values) not in {0, len(said["base_url"])} for values in said.values()):
        raise pytest.UsageError(
            "each --base-url has its --admin, and all or none the other options"
        )
    if any(":" not in admin for admin in said["admin"]) or len(said["admin"]) < len(
        said["base_url"]
    ):
        raise pytest.UsageError("--base-url goes with --admin EMAIL:PASSWORD")
    if bool(said["sandbox"]) != bool(said["sandbox_key"]):
        raise pytest.UsageError("--sandbox goes with --sandbox-key")
    kept = [name for name, values in said.items() if values]
    return [
        dict(zip(kept, values, strict=True))
        for values in zip(*(said[name] for name in kept), strict=True)
    ]


def _names(options: Namespace, servers: list[dict[str, str]]) -> list[str]:
    """The implementations. One that is named goes before `all`; beside a server `all` are meant."""
    names = implementations()
    said = options.impl or ([] if servers else ["all"])
    if said and not names:
        raise pytest.UsageError("there is no impl_*/.venv/bin/bookstore: make an environment first")
    if unknown := set(said) - {*names, "all"}:
        known = ", ".join([*names, "all"])
        raise pytest.UsageError(f"--impl is one of {known}, not {', '.join(unknown)}")
    return [name for name in said if name != "all"] or (names if said and servers else said)


def compares(config: pytest.Config) -> bool:
    """Whether there are several targets, which are compared and not tested otherwise."""
    return bool(getattr(config.option, "others", ()))


def title(options: Namespace) -> str:
    """What the target is called, or the targets are."""
    names = [target.get("impl") or "server" for target in getattr(options, "others", ())]
    return "-".join([options.impl or "server", *names])


def as_said(options: Namespace) -> str:
    """The options that name the target, or the targets, again."""
    first = {"impl": options.impl, "base_url": options.base_url}
    said = [
        f"--base-url {each['base_url']} --admin …"
        if each.get("base_url")
        else f"--impl {each['impl']}"
        for each in (first, *getattr(options, "others", ()))
    ]
    return " ".join([*said, f"--db {options.db}"] if "--impl" in " ".join(said) else said)


_chosen = PROFILES["default"]


def choose(config: pytest.Config) -> None:
    """Take the profile and the seed from the command line."""
    global _chosen  # noqa: PLW0603 -- modules generate tests when they load, before any fixture
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = SEED
    _chosen = replace(
        PROFILES[config.option.profile],
        elsewhere=bool(config.option.base_url),
        unsigned=bool(config.option.base_url) and not config.option.webhook_secret,
        seed=int(config.option.hypothesis_seed),
    )


def chosen() -> Profile:
    """The profile of this run."""
    return _chosen


def is_partial(config: pytest.Config) -> str | None:
    """Why this run is only a part of the suite, or None if it is all of it."""
    if compares(config):
        return "several targets are only compared"
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
