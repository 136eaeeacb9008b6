"""The benchmark measures every operation, counts the right processes and fits a terminal."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from workbench import ROOT
from workbench.bench import report, versions
from workbench.bench.measuring import Extent, Measured, Samples, measure
from workbench.bench.operations import FURTHER, OPERATIONS
from workbench.bench.processor_time import Cost, Meter, Reading
from workbench.databases import has_postgres, postgres, postgres_server
from workbench.processes import FailedError, Processes

COLUMNS = 80
NAMES = ["django", "fastapi", "flask"]
WIDEST = Extent(30, 40, 10_000, (*OPERATIONS, *FURTHER), seconds=0)

BUSY = """
import multiprocessing, pathlib, sys, threading, time

def work(file):
    while time.thread_time() < 0.3:
        pass
    pathlib.Path(file).touch()
    time.sleep(600)

def child(folder):
    for name in ("one", "two"):
        threading.Thread(target=work, args=(f"{folder}/{name}",)).start()

if __name__ == "__main__":
    multiprocessing.Process(target=child, args=(sys.argv[1],)).start()
"""
"""A process with a child that has two threads, each of which uses 300 ms of processor time."""

needs_postgres = pytest.mark.skipif(not has_postgres(), reason="needs a PostgreSQL server")
measures = pytest.mark.skipif(
    os.environ.get("BOOKSTORE_MEASURE") != "1",
    reason="a measurement: .ci/run runs it, or BOOKSTORE_MEASURE=1",
)


@needs_postgres
def test_every_operation_is_measured_and_printed(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    printed = bench("--full", "--json", str(file))
    operations = [operation.name for operation in WIDEST.operations]
    rows = [line.split() for line in printed.splitlines() if line.startswith("flask ")]
    assert [row[1] for row in rows[1:-1]] == operations
    samples = json.loads(file.read_text())["samples"]
    assert [sample["operation"] for sample in samples] == operations
    assert all(sample["first"][0]["server"] > 0 for sample in samples)
    assert [bool(sample["second"]) for sample in samples] == [
        operation.has_floor for operation in WIDEST.operations
    ]


@needs_postgres
@measures
def test_two_versions_are_compared() -> None:
    printed = bench("--against", "HEAD")
    operations = [line.split()[0] for line in printed.splitlines() if ")" in line]
    assert operations[: len(OPERATIONS)] == [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("lock", ["the same", pytest.param("another", marks=measures)])
def test_another_version_runs_its_own_code(lock: str) -> None:
    """A version with the same lock borrows this version's packages, another one has its own."""
    with versions.checkout("HEAD", []) as folder:
        project = folder / "impl_flask"
        if lock == "another":
            with (project / "requirements.txt").open("a") as file:
                file.write("# another version\n")
        versions.give_environment(project)
        (project / "bookstore" / "__init__.py").write_text("raise SystemExit('the other code')")
        command = project / ".venv" / "bin" / "bookstore"
        done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
        assert "the other code" in done.stderr


def test_code_of_this_version_is_not_taken_for_another() -> None:
    with versions.checkout("HEAD", []) as folder:
        project = folder / "impl_flask"
        versions.give_environment(project)
        (paths,) = project.glob(".venv/lib/*/site-packages/*.pth")
        paths.write_text(f"{ROOT / project.name}\n{paths.read_text()}")
        with pytest.raises(FailedError, match="would run"):
            versions.require_own_code(project)


def test_a_commit_that_does_not_exist_is_named() -> None:
    with (
        pytest.raises(FailedError, match="no-such-commit"),
        versions.checkout("no-such-commit", []),
    ):
        pass


@needs_postgres
def test_threads_of_child_processes_count(tmp_path: Path) -> None:
    program = tmp_path / "busy.py"
    program.write_text(BUSY)
    with Processes() as processes, psycopg.connect(postgres_server()) as monitor:
        command: list[str | Path] = [sys.executable, program, tmp_path]
        busy = processes.start("a busy program", command, log=tmp_path / "log")
        done = (tmp_path / "one", tmp_path / "two")
        processes.wait_until(lambda: all(map(Path.exists, done)), busy, seconds=60)
        cost = Reading({}, {}).until(Meter(busy.pid, "no database", monitor).read())
    assert cost.server > 550  # 600, if ticks of 10 ms are all there is
    assert cost.database == 0


@needs_postgres
def test_sessions_of_one_database_count() -> None:
    query = "SELECT sum(sqrt(number)) FROM generate_series(1, 300000) AS number"
    with (
        postgres("bench") as url,
        psycopg.connect(postgres_server(), autocommit=True) as monitor,
        psycopg.connect(url) as connection,
    ):
        name = urlsplit(url).path.removeprefix("/")
        of_this, of_another = (Meter(os.getpid(), each, monitor) for each in (name, "another"))
        before = of_this.read(), of_another.read()
        connection.execute(query)
        this, another = before[0].until(of_this.read()), before[1].until(of_another.read())
    if this.database is None:
        pytest.skip("PostgreSQL's processes are not visible on this machine")
    assert this.database > 0
    assert another.database == 0


def test_a_thread_that_ended_does_not_count_against_the_others() -> None:
    before = Reading({(1, 1): 500.0, (1, 2): 100.0}, None)
    after = Reading({(1, 2): 130.0, (1, 3): 7.0}, None)
    assert before.until(after) == Cost(37.0, None)


def test_ratios_are_of_the_same_round() -> None:
    first, second = ([Cost(cost, 0.0) for cost in costs] for costs in ((2, 4, 6), (1, 2, 2)))
    samples = Samples(first, second)
    assert report.ratio(samples, report.server) == (2, 2, 2.5)
    assert report.ratio(samples, report.database) is None


@pytest.mark.parametrize(("seconds", "rounds"), [(0, 1), (math.inf, 30)])
def test_rounds_end_when_the_time_is_over(seconds: float, rounds: int) -> None:
    extent = WIDEST._replace(seconds=seconds)
    assert measure([], extent, with_floors=True, heed=lambda: None).rounds == rounds


def test_noise_is_not_shown_as_a_cost() -> None:
    lines = report.floors(measured(Cost(1.0, 0.01)), NAMES, WIDEST)
    assert "flask     live                1.00      1.00          < 0.05    < 0.05" in lines


@pytest.mark.parametrize("cost", [Cost(0.1, 0.01), Cost(123.45, 67.89), Cost(1.0, None)])
def test_tables_fit_a_terminal(cost: Cost) -> None:
    tables = report.floors(measured(cost), NAMES, WIDEST)
    tables += report.versions(measured(cost), NAMES, WIDEST, "a_name_of_a_branch")
    assert [line for line in tables if len(line) > COLUMNS] == []


def test_large_ratios_have_their_own_columns() -> None:
    found = measured(Cost(99.0, 99.0))
    for samples in found.samples.values():
        samples.second = [Cost(9.95, 9.95), Cost(1.0, 1.0)]
    lines = report.floors(found, NAMES, WIDEST)
    quartiles = lines[lines.index("") + 3].split()
    assert quartiles == ["32-77"] * len(OPERATIONS)


def measured(cost: Cost) -> Measured:
    """Measure nothing: every operation has the same two samples."""
    found = Measured(
        rounds=2,
        at_rest=dict.fromkeys(NAMES, (10**9, 10**9)),
        afterwards=dict.fromkeys(NAMES, (10**9, 10**9)),
    )
    for name in NAMES:
        for operation in WIDEST.operations:
            second = [cost, cost] if operation.has_floor else []
            found.samples[name, operation.name] = Samples([cost, cost], second)
    return found


def bench(*arguments: str) -> str:
    """The output of a measurement of Flask: one round, one request of each operation."""
    smallest = (
        "--impl",
        "flask",
        "--rounds",
        "1",
        "--requests",
        "1",
        "--books",
        "0",
    )
    done = subprocess.run(
        [sys.executable, "-m", "workbench.bench", *smallest, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
