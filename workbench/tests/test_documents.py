"""The documents are correct: their commands print the shown output, and their links resolve."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import containers
import psutil
import pytest

from workbench import ROOT
from workbench.databases import has_postgres, postgres_server
from workbench.documents import Block, DocumentError, anchors, blocks, links, markdown_files
from workbench.lessons import open_shops
from workbench.shops import Shop, implementations

SECONDS = 300
"""How long a block may run."""

FIRST_PORT = 8000
"""The port of the first shop of `make run` in the documents. The tests use free ports."""

LOGS = "var/log"
"""The folder of the logs in the documents. The tests have the logs in a temporary folder."""

DOCUMENTS = markdown_files(ROOT)
TESTED = [
    file
    for file in DOCUMENTS
    if re.fullmatch(
        r"(README|CONTRIBUTING|CHANGELOG|SECURITY)\.md|docs/[^/]+\.md|(impl_\w+|contract_tests|deploy|workbench/clients)/README\.md",
        file.relative_to(ROOT).as_posix(),
    )
]
BLOCKS = [block for file in TESTED for block in blocks(file)]

IS_AVAILABLE = {
    "psql": lambda: shutil.which("psql") is not None,
    "ptrace": lambda: sys.platform == "linux" and os.geteuid() == 0,
    "engine": containers.has_engine,
}
"""Checks for programs that not every machine has."""


def of_kind(*kinds: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind in kinds]


@pytest.fixture(scope="module")
def shops() -> Iterator[dict[str, Shop]]:
    """The shops of all implementations, which run during the whole module."""
    with open_shops(*implementations(), settings={"BOOKSTORE_DEBUG_TIMING": "1"}) as opened:
        yield {shop.name: shop for shop in opened}


@pytest.fixture(scope="module")
def images() -> Iterator[None]:
    """The images, built; all containers are removed after the module."""
    containers.build()
    yield
    containers.clear()


@pytest.mark.parametrize("block", of_kind("run", "not run"), ids=lambda block: block.place)
def test_a_block_prints_the_shown_output(block: Block, request: pytest.FixtureRequest) -> None:
    if block.kind == "not run":
        pytest.skip(block.rest)
    needs = Needs.of(block)
    ports: dict[str, str] = {}
    commands = block.text
    if needs.shops:
        opened = request.getfixturevalue("shops")
        commands = commands.replace(LOGS, str(opened[needs.shops[0]].log.parent))
        ports = {
            str(port): str(opened[name].port) for port, name in enumerate(needs.shops, FIRST_PORT)
        }
    elif needs.engine:
        request.getfixturevalue("images")
        ports = {str(port): str(real) for port, real in containers.HERE.items()}
    status, printed, errors = run(replaced(commands, ports), needs.environment)
    assert status == needs.status, f"{block.place}: {printed}\n{errors}"
    printed = replaced(printed.replace("\r", ""), {real: port for port, real in ports.items()})
    for output in block.outputs:
        assert output.is_matched_by(printed), f"{output.place}, but printed is:\n{printed}"


def run(commands: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run commands; return the exit status, stdout and stderr.

    After SECONDS, the process and all its descendants are killed. Raises TimeoutExpired then.
    """
    with subprocess.Popen(
        ["bash", "-c", commands],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            printed, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            top = psutil.Process(process.pid)
            for each in [*top.children(recursive=True), top]:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            raise
    return process.returncode, printed, errors


@dataclass
class Needs:
    """The requirements of a block, and its expected exit status."""

    shops: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(
        default_factory=lambda: dict(os.environ, NO_PROXY="*", NO_COLOR="1")
    )
    status: int = 0
    engine: bool = False

    @classmethod
    def of(cls, block: Block) -> Self:
        """Read a block's options (docs/README.md). Skip the test if a requirement is missing."""
        needs = cls()
        for option in block.options:
            name, _, value = re.split("([:=])", f"{option}:", maxsplit=1)
            value = value.removesuffix(":")
            if name == "make":
                skip_unless(has_target(value), f"the Makefile has no target {value}")
            elif name == "postgres":
                skip_unless(has_postgres(), "needs a PostgreSQL server")
            elif name == "needs":
                needs.require(value)
            elif name == "measurement":
                measured = os.environ.get("BOOKSTORE_MEASURE") == "1"
                skip_unless(
                    measured, "a measurement: it runs in .ci/run, or with BOOKSTORE_MEASURE=1"
                )
            elif name == "exercise":
                pytest.skip("workbench/tests/test_exercises.py runs it and compares")
            elif name == "status":
                needs.status = int(value)
            elif name in ("all", *implementations()):
                needs.shops = implementations() if name == "all" else [name]
            else:
                assert "=" in option, f"{block.place}: unknown option {option}"
                needs.environment[name] = value
        return needs

    def require(self, what: str) -> None:
        """Add a requirement. Skip the test if this machine does not have it."""
        skip_unless(IS_AVAILABLE[what](), f"needs {what}")
        if what == "psql":
            self.environment["BOOKSTORE_DATABASE_URL"] = postgres_server()
        elif what == "engine":
            self.engine = True
            self.environment.update(containers.ENVIRONMENT)


def replaced(text: str, parts: dict[str, str]) -> str:
    return re.sub(r"\b\d+\b", lambda number: parts.get(number[0], number[0]), text)


@pytest.mark.parametrize("block", of_kind("excerpt"), ids=lambda block: block.place)
def test_an_excerpt_matches_its_file(block: Block) -> None:
    code = (ROOT / block.rest).read_text()
    lines = [re.escape(line) for line in block.text.strip("\n").splitlines()]
    pattern = "\n".join(
        "(?:.*\n)*?.*" if line.strip() == "…" else rf"[ \t]*{line}" for line in lines
    )
    assert re.search(pattern, code), f"{block.place} is not in {block.rest}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_resolve(file: Path) -> None:
    for text, target in links(file):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        goal = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        assert goal.exists(), f"[{text}]({target})"
        assert goal.is_relative_to(ROOT), f"[{text}]({target}) leads out of the repository"
        if goal.suffix == ".md" and parts.fragment:
            assert parts.fragment in anchors(goal), f"[{text}]({target})"


def test_a_block_without_a_comment_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.documents.ROOT", tmp_path)
    file = tmp_path / "page.md"
    for text in ("```sh\nls\n```\n", "    ls\n", "<!-- ruin -->\n```sh\nls\n```\n"):
        file.write_text(text)
        with pytest.raises(DocumentError, match=r"page\.md:\d+: this block needs"):
            blocks(file)


def test_another_output_does_not_match() -> None:
    shown = Block(ROOT / "page.md", 1, "one … three\n…\nlast 12 s\n", "output", "")
    assert shown.is_matched_by("one two three\nand\nmore\nlast 12 s\n")
    assert not shown.is_matched_by("one two\nlast 12 s\n")
    assert not shown.is_matched_by("one two three\nlast 13 s\n")
    vary = Block(ROOT / "page.md", 1, "last 12 s\n", "output", "numbers vary")
    assert vary.is_matched_by("last   1.5 s\n")
    assert not vary.is_matched_by("last 1.5 min\n")


def test_a_block_that_takes_too_long_is_killed_with_its_descendants(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("test_documents.SECONDS", 1)
    file = tmp_path / "pid"
    with pytest.raises(subprocess.TimeoutExpired):
        run(f"setsid sleep 60 & echo $! > {file}; wait", dict(os.environ))
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(file.read_text())).wait(5)


def has_target(target: str) -> bool:
    return re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None


def skip_unless(available: bool, reason: str) -> None:
    if not available:
        pytest.skip(reason)
