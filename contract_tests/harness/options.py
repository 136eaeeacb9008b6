"""The command-line options of the suite."""

from argparse import Namespace
from dataclasses import dataclass, replace

import pytest

from harness import SUITE
from harness.databases import KINDS
from harness.server import implementations

SEED = 20260301
"""The default of `--hypothesis-seed`, so that two runs generate the same requests."""


@dataclass(frozen=True)
class Profile:
    """How much of the unbounded part of the suite to run."""

    examples: int
    """Generated requests for each operation."""
    stateful_examples: int
    cli_examples: int
    model_examples: int = 6
    """Generated sequences of actions that are compared with the reference model."""
    model_steps: int = 50
    """Actions in each sequence."""
    cli_phases: str = "examples,stateful"
    """Schemathesis' phases on the command line; the deep profile runs all of them."""
    boundaries: bool = True
    """Whether to test every boundary of every input as well."""
    rounds: int = 2
    """How often tests of races and crashes are repeated, because they depend on timing."""
    lockstep_examples: int = 8
    """Generated sequences of requests that are sent to several targets."""
    lockstep_steps: int = 24
    """Requests in each sequence, before the final survey."""
    workers: int = 3
    """Worker processes for the whole suite on two or more cores; each starts its servers."""
    elsewhere: bool = False
    """Whether the suite did not start the server, so that its settings are unknown."""
    unsigned: bool = False
    """Whether the webhook secret is unknown, so that the suite cannot sign events."""
    seed: int = SEED

    @property
    def is_thorough(self) -> bool:
        """Whether the profile has time for every step and for more simultaneous clients."""
        return self.rounds > 10


PROFILES = {
    "smoke": Profile(
        examples=2,
        stateful_examples=1,
        cli_examples=1,
        model_examples=1,
        model_steps=12,
        boundaries=False,
        workers=2,  # the servers of a third one take longer to start than it saves
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
    """Add the options to pytest's command line."""
    group = parser.getgroup("bookstore", "the bookstore under test")
    about_targets = {
        "--impl": ("NAME", "flask, fastapi, django …: a folder impl_<name>; or all"),
        "--base-url": ("URL", "a running server, at any address"),
        "--admin": ("EMAIL:PASSWORD", "an admin account on that server"),
        "--sandbox": ("URL", "the payment sandbox (payment_sandbox/) that the server uses"),
        "--sandbox-key": ("KEY", "the API key of that sandbox"),
        "--webhook-secret": ("SECRET", "the secret that signs the server's payment events"),
    }
    for name, (metavar, told) in about_targets.items():
        # Further values name targets that are compared with the first one.
        group.addoption(name, action="append", metavar=metavar, help=told)
    group.addoption(
        "--db",
        "--database",
        choices=KINDS,
        default="sqlite",
        help="the database of the servers that the suite starts",
    )
    group.addoption("--profile", choices=list(PROFILES), default="default", help="how much to run")


def check(config: pytest.Config) -> None:
    """Read the target from the command line, and the targets to compare it with.

    Raises pytest.UsageError if options do not fit together.
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
    """Return the running servers: the n-th value of each option belongs to the n-th server."""
    said = {name: getattr(options, name) or [] for name in OF_SERVERS}
    if not said["base_url"] and (said["sandbox"] or said["sandbox_key"] or said["webhook_secret"]):
        raise pytest.UsageError("--sandbox and --webhook-secret need --base-url")
    if len(set(said["base_url"])) < len(said["base_url"]):
        raise pytest.UsageError("compared targets must have different base URLs")
    if any(len(values) not in {0, len(said["base_url"])} for values in said.values()):
        raise pytest.UsageError(
            "give --admin once for each --base-url, and other options as often or never"
        )
    if any(":" not in admin for admin in said["admin"]) or len(said["admin"]) < len(
        said["base_url"]
    ):
        raise pytest.UsageError("--base-url needs --admin EMAIL:PASSWORD")
    if bool(said["sandbox"]) != bool(said["sandbox_key"]):
        raise pytest.UsageError("--sandbox needs --sandbox-key")
    kept = [name for name, values in said.items() if values]
    return [
        dict(zip(kept, values, strict=True))
        for values in zip(*(said[name] for name in kept), strict=True)
    ]


def _names(options: Namespace, servers: list[dict[str, str]]) -> list[str]:
    """Return the implementations: named ones first, then all of them if `all` was given."""
    names = implementations()
    said = options.impl or ([] if servers else ["all"])
    if said and not names:
        raise pytest.UsageError("no impl_*/.venv/bin/bookstore: create an environment first")
    if unknown := set(said) - {*names, "all"}:
        known = ", ".join([*names, "all"])
        raise pytest.UsageError(f"--impl must be one of {known}, not {', '.join(unknown)}")
    return [name for name in said if name != "all"] or (names if said and servers else said)


def compares(config: pytest.Config) -> bool:
    """Return whether there are several targets, which are only compared."""
    return bool(getattr(config.option, "others", ()))


def title(options: Namespace) -> str:
    """Return the name of the target, or the names of the targets."""
    names = [target.get("impl") or "server" for target in getattr(options, "others", ())]
    return "-".join([options.impl or "server", *names])


def as_said(options: Namespace) -> str:
    """Return the options that name the target, or the targets, for a command line."""
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
    """Read the profile and the seed from the command line."""
    global _chosen  # noqa: PLW0603 -- modules need it when they are imported, before any fixture
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = SEED
    _chosen = replace(
        PROFILES[config.option.profile],
        elsewhere=bool(config.option.base_url),
        unsigned=bool(config.option.base_url) and not config.option.webhook_secret,
        seed=int(config.option.hypothesis_seed),
    )


def chosen() -> Profile:
    """Return the profile of this run."""
    return _chosen


def is_partial(config: pytest.Config) -> str | None:
    """Return why this run is only a part of the suite, or None if it is the whole suite."""
    if compares(config):
        return "several targets are only compared"
    if config.option.profile == "smoke":
        return "the smoke profile"
    return None if is_whole(config) else "only some tests were chosen"


def is_whole(config: pytest.Config) -> bool:
    """Return whether every file of the suite runs, without deselected tests."""
    options = config.option
    root = config.invocation_params.dir
    if options.keyword or options.markexpr or options.deselect or options.ignore:
        return False
    return all((root / argument).resolve() == SUITE for argument in config.args)
