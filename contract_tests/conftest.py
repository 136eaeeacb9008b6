"""The suite's command line, its target, and who speaks to it."""

import gc
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterator

import pytest
from _pytest.terminal import TerminalReporter

from harness import RESULTS, SUITE, ending, options, own, people, sharing, smoke
from harness.branch import LONG_SESSION
from harness.client import Client
from harness.exchanges import TELLING
from harness.guard import GUARD
from harness.people import Person
from harness.progress import Progress
from harness.report import Report
from harness.sales import Sales
from harness.samples import Sampler
from harness.sandbox import Sandbox
from harness.server import implementations
from harness.shop import Shop
from harness.summary import Summary, comparison
from harness.target import Ground, Target, open_ground

GENERATED = {"test_schema", "test_model", "test_lockstep"}
"""Files that go on for as long as the profile wants: in `deep`, two thirds of the whole."""
WAITING = {"test_locks"}
"""Files that wait far more than they compute: best beside those, which never wait."""
GARBAGE_THRESHOLD = 50_000
"""New objects between two looks for garbage: Python's 700 make collecting a tenth slower."""
OURS = "needs a server that the suite starts, with settings that it knows"
PROVIDER = "needs the payment sandbox of that server: --sandbox URL --sandbox-key KEY"


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_to(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Give each of several implementations a run of its own."""
    if config.option.help or config.option.collectonly:
        return None
    options.check(config)
    if config.option.impl != "all":
        return None
    ending.heed()
    statuses = [run_alone(config, name) for name in implementations()]
    sys.stdout.write("\n".join(["", *comparison(implementations()), ""]))
    return max(statuses)


def run_alone(config: pytest.Config, implementation: str) -> int:
    """The exit status of a run of one implementation, in a process of its own."""
    arguments = [*map(str, config.invocation_params.args), "--impl", implementation]
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=config.invocation_params.dir) as run:
        try:
            return run.wait()
        except KeyboardInterrupt:
            run.terminate()
            run.wait()
            raise


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(GARBAGE_THRESHOLD)
    config.addinivalue_line("markers", "slow: takes seconds; not in the smoke profile")
    config.addinivalue_line("markers", "first_hop: about whoever takes the connection")
    ending.heed()
    options.choose(config)
    if config.option.help or config.option.collectonly or hasattr(config, "workerinput"):
        return
    report = Report(config)
    for log in (RESULTS / report.target).glob("*.log"):
        log.unlink()  # of a run before, which may have had other servers
    config.option.xmlpath = config.option.xmlpath or str(RESULTS / f"{report.target}.xml")
    config.pluginmanager.register(report, "bookstore-report")
    config.pluginmanager.register(Summary(report), "bookstore-summary")
    config.option.reportchars = ""  # the summary names what failed
    if config.option.numprocesses:
        config.pluginmanager.register(ending.Workers(), "bookstore-workers")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Show how the run goes, where it is shown at all: pytest's own reporter is there by now."""
    plugins = session.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    if plugins.has_plugin("bookstore-report") and isinstance(terminal, TerminalReporter):
        plugins.register(Progress(terminal), "bookstore-progress")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the run what it has seen."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["guard"] = GUARD.dump()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many processes as pay: the whole suite waits more than it computes."""
    whole = options.is_whole(config) and not config.option.base_url
    profile = options.PROFILES[config.option.profile]  # asked for before one is chosen
    return profile.workers if whole and not options.compares(config) else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> sharing.Together:
    return sharing.Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker is left with it at the end."""
    if options.compares(config):
        items[:] = [item for item in items if item.path.stem == "test_lockstep"]
    elif config.option.profile == "smoke":
        items[:] = smoke.chosen(items)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))

    def turn(item: pytest.Item) -> tuple[bool, bool, int]:
        file = item.path
        return file.stem not in GENERATED, file.stem not in WAITING, -slow[file]

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """What was collected stays: no need to look through it for garbage, ever again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    exchange = TELLING.take()
    if report.when == "call":
        vars(report).update(exchange=exchange)  # what a worker's report has, the run's has too
    if report.failed:
        option = item.config.option
        where = options.as_said(option)
        test = f"'{SUITE.name}/{item.nodeid}'"
        seed = f"--profile {option.profile} --hypothesis-seed={option.hypothesis_seed}"
        report.sections.append(
            ("To reproduce", f"{SUITE.name}/.venv/bin/pytest {test} {where} {seed}")
        )
    return report


@pytest.fixture(scope="session")
def maybe_ground(pytestconfig: pytest.Config) -> Iterator[Ground | None]:
    """Where the suite's own servers run; None if it was given a server."""
    option = pytestconfig.option
    if option.base_url:
        yield None
        return
    with open_ground(option.impl, option.db) as ground:
        yield ground


@pytest.fixture(scope="session")
def ground(maybe_ground: Ground | None) -> Ground:
    """Where further servers can be started; without such a place the test is skipped."""
    if maybe_ground is None:
        pytest.skip(OURS)
    return maybe_ground


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config, maybe_ground: Ground | None) -> Target:
    """The main server."""
    if maybe_ground:
        server = maybe_ground.open(own("main"), ACCESS_TOKEN_SECONDS=LONG_SESSION)
        return maybe_ground.target(server)
    option = pytestconfig.option
    email, _, password = option.admin.partition(":")
    return Target(
        "server",
        option.base_url.rstrip("/"),
        email,
        password,
        sandbox=Sandbox(option.sandbox, option.sandbox_key) if option.sandbox else None,
        webhook_secret=option.webhook_secret,
    )


@pytest.fixture(scope="session")
def our_target(target: Target) -> Target:
    """The main server, where the suite knows its secret key and settings."""
    if not target.is_ours:
        pytest.skip(OURS)
    return target


@pytest.fixture(scope="session")
def anyone(target: Target) -> Iterator[Client]:
    """A client without a token."""
    client = Client(target.base_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def admin_person(anyone: Client, target: Target) -> Person:
    return people.join(anyone, target.admin_email, target.admin_password)


@pytest.fixture(scope="session")
def admin(admin_person: Person) -> Client:
    return admin_person.client


@pytest.fixture(scope="session")
def staff_person(admin: Client) -> Person:
    return people.new_member(admin, "staff")


@pytest.fixture(scope="session")
def staff(staff_person: Person) -> Client:
    return staff_person.client


@pytest.fixture
def customer(anyone: Client) -> Person:
    """Somebody new, so that a test may change their account."""
    return people.new_customer(anyone)


@pytest.fixture(scope="session")
def reader(anyone: Client) -> Client:
    """A customer whose account no test changes."""
    return people.new_customer(anyone).client


@pytest.fixture(scope="session")
def shop(staff: Client) -> Shop:
    return Shop(staff)


@pytest.fixture(scope="session")
def sales(shop: Shop) -> Sales:
    return Sales(shop)


@pytest.fixture(scope="session")
def sandbox(target: Target) -> Sandbox:
    """The payment provider of the main server; without it the test is skipped."""
    if target.sandbox is None:
        pytest.skip(PROVIDER)
    return target.sandbox


@pytest.fixture(scope="session")
def sample(shop: Shop, admin: Client, target: Target) -> Sampler:
    """Makes, for each operation, a request that succeeds."""
    return Sampler(shop, admin, target.webhook_secret)
