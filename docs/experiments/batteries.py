"""Minimalism against batteries: own code by concern, dependencies, start, and memory."""

import ast
import re
import time
from pathlib import Path

from measuring import ROUNDS, median, megabytes, spread, table
from workbench import ROOT
from workbench.lessons import open_shops
from workbench.processes import Processes, listens
from workbench.shops import Shop, implementations

CONCERNS = {
    "errors": "errors problem handlers",
    "input and output": "http inputs fields negotiation */schemas",
    "who may": "auth accounts/*",
    "database and models": "database */models",
    "migrations": "layout migrations/** ../migrations/**",
    "pages, keys": "pagination idempotency",
    "wiring, settings": "app urls wsgi apps settings environment middleware envelope",
    "serving, commands": "server cli seeding",
    "logs, metrics, traces": "logs metrics timing tracing",
    "payments": "payments/*",
    "staff's own pages": "admin */admin orders/deeds",
}


def main() -> None:
    """Count, then start each in turn."""
    names = implementations()
    table(("lines of code", *names), [(what, *counts) for what, counts in lines(names).items()])
    print()
    table(("dependencies", *names), [*dependencies(names)])
    print()
    starts, memories = running(names)
    rows = [
        ("start, ms", *(f"{1000 * median(starts[name]):.0f}" for name in names)),
        ("  rounds", *(spread(starts[name]) for name in names)),
        ("idle memory, MiB", *(f"{median(memories[name]):.0f}" for name in names)),
    ]
    table((f"{ROUNDS} rounds in turn", *names), rows)


def lines(names: list[str]) -> dict[str, list[int]]:
    """Lines of code of each implementation by concern; a file counts once, for the first."""
    counts: dict[str, list[int]] = {what: [] for what in (*CONCERNS, "domains", "all")}
    for name in names:
        package = ROOT / f"impl_{name}" / "bookstore"
        files = [*package.rglob("*.py"), *(package.parent / "migrations").rglob("*.py")]
        left = {file: size(file) for file in files}
        counts["all"].append(sum(left.values()))
        for what, patterns in CONCERNS.items():
            found = [f for p in patterns.split() for f in matching(package, p) if f in left]
            counts[what].append(sum(left.pop(file) for file in dict.fromkeys(found)))
        counts["domains"].append(sum(left.values()))
    return counts


def matching(package: Path, pattern: str) -> list[Path]:
    """The files of a concern."""
    if pattern.startswith("../"):
        return [*(package.parent / "migrations").rglob("*.py")]
    return [*package.glob(f"{pattern}.py" if not pattern.endswith("**") else f"{pattern}/*.py")]


def size(file: Path) -> int:
    """Lines that hold code: no blank ones, no comments, no docstrings."""
    text = file.read_text()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    without: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            without.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in without
        for number, line in enumerate(text.splitlines(), 1)
    )


def dependencies(names: list[str]) -> list[tuple[object, ...]]:
    """Direct ones, and all that are locked."""
    folders = [ROOT / f"impl_{name}" for name in names]
    counted = {
        "direct": ("requirements.in", r"^[A-Za-z]"),
        "locked": ("requirements.txt", r"^[A-Za-z0-9_.\[\],-]+=="),
    }
    return [
        (what, *(len(re.findall(line, (f / file).read_text(), re.MULTILINE)) for f in folders))
        for what, (file, line) in counted.items()
    ]


def running(names: list[str]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds from the command to the open port, and MiB after one read; the three in turn."""
    starts: dict[str, list[float]] = {name: [] for name in names}
    memories: dict[str, list[float]] = {name: [] for name in names}
    with open_shops(*names, database="postgres", serving=False) as shops:
        for _ in range(ROUNDS):
            for shop in shops:
                with Processes() as processes:
                    starts[shop.name].append(started(shop, processes))
                    memories[shop.name].append(megabytes(shop))
    return starts, memories


def started(shop: Shop, processes: Processes) -> float:
    """Serve, and read once; the seconds until something listens."""
    began = time.perf_counter()
    server = shop.start(processes)
    processes.wait_until(lambda: listens(shop.port), server, seconds=60)
    took = time.perf_counter() - began
    with shop.client() as client:
        client.get("/books").raise_for_status()
    return took


if __name__ == "__main__":
    main()
