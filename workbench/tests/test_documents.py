"""That the documents are true: what they run prints what they show, and links lead somewhere."""

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
"""What a block may take."""

FIRST_PORT = 8000
"""Where `make run` opens, as the documents show it; here the ports are any."""

LOGS = "var/log"
"""Where `make run` logs, as the documents have it; here the logs are with the databases."""

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

THERE_IS = {
    "psql": lambda: shutil.which("psql") is not None,
    "ptrace": lambda: sys.platform == "linux" and os.geteuid() == 0,
    "engine": containers.has_engine,
}
"""What not every machine has."""


def of_kind(*kinds: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind in kinds]


@pytest.fixture(scope="module")
def shops() -> Iterator[dict[str, Shop]]:
    """The three, open for the whole module."""
    with open_shops(*implementations(), settings={"BOOKSTORE_DEBUG_TIMING": "1"}) as opened:
        yield {shop.name: shop for shop in opened}


@pytest.fixture(scope="module")
def images() -> Iterator[None]:
    """What containers are made from; at the end nothing is left of those."""
    containers.build()
    yield
    containers.clear()


@pytest.mark.parametrize("block", of_kind("run", "not run"), ids=lambda block: block.place)
def test_a_block_does_what_it_shows(block: Block, request: pytest.FixtureRequest) -> None:
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
    status, printed, said = run(replaced(commands, ports), needs.environment)
    assert status == needs.status, f"{block.place}: {printed}\n{said}"
    printed = replaced(printed.replace("\r", ""), {real: port for port, real in ports.items()})
    for output in block.outputs:
        assert output.is_matched_by(printed), f"{output.place}, but printed is:\n{printed}"


def run(commands: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """The exit status, and what goes to stdout and stderr; what takes too long is ended, whole."""
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
            printed, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            top = psutil.Process(process.pid)
            for each in [*top.children(recursive=True), top]:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            raise
    return process.returncode, printed, said


@dataclass
class Needs:
    """What has to be there for a block to run, and how it is to end."""

    shops: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(
        default_factory=lambda: dict(os.environ, NO_PROXY="*", NO_COLOR="1")
    )
    status: int = 0
    engine: bool = False

    @classmethod
    def of(cls, block: Block) -> Self:
        """By its options (docs/README.md). Skips the test where something is not there."""
        needs = cls()
        for option in block.options:
            name, _, value = re.split("([:=])", f"{option}:", maxsplit=1)
            value = value.removesuffix(":")
            if name == "make":
                skip_unless(has_target(value), f"`make {value}` is not there yet")
            elif name == "postgres":
                skip_unless(has_postgres(), "needs a PostgreSQL server")
            elif name == "needs":
                needs.have(value)
            elif name == "measurement":
                measured = os.environ.get("BOOKSTORE_MEASURE") == "1"
                skip_unless(measured, "a measurement: .ci/run runs it, or BOOKSTORE_MEASURE=1")
            elif name == "exercise":
                pytest.skip("workbench/tests/test_exercises.py runs it and compares")
            elif name == "status":
                needs.status = int(value)
            elif name in ("all", *implementations()):
                needs.shops = implementations() if name == "all" else [name]
            else:
                assert "=" in option, f"{block.place}: what is {option}?"
                needs.environment[name] = value
        return needs

    def have(self, what: str) -> None:
        """Take what not every machine has. Skips the test where it is not there."""
        skip_unless(THERE_IS[what](), f"needs {what}")
        if what == "psql":
            self.environment["BOOKSTORE_DATABASE_URL"] = postgres_server()
        elif what == "engine":
            self.engine = True
            self.environment.update(containers.ENVIRONMENT)


def replaced(text: str, parts: dict[str, str]) -> str:
    return re.sub(r"\b\d+\b", lambda number: parts.get(number[0], number[0]), text)


@pytest.mark.parametrize("block", of_kind("excerpt"), ids=lambda block: block.place)
def test_an_excerpt_is_in_its_file(block: Block) -> None:
    code = (ROOT / block.rest).read_text()
    lines = [re.escape(line) for line in block.text.strip("\n").splitlines()]
    pattern = "\n".join(
        "(?:.*\n)*?.*" if line.strip() == "…" else rf"[ \t]*{line}" for line in lines
    )
    assert re.search(pattern, code), f"{block.place} is not in {block.rest}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    for text, target in links(file):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        goal = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        assert goal.exists(), f"[{text}]({target})"
        assert goal.is_relative_to(ROOT), f"[{text}]({target}) leads out of the repository"
        if goal.suffix == ".md" and parts.fragment:
            assert parts.fragment in anchors(goal), f"[{text}]({target})"


def test_a_block_of_which_nothing_is_said_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.documents.ROOT", tmp_path)
    file = tmp_path / "page.md"
    for text in ("```sh\nls\n```\n", "    ls\n", "<!-- ruin -->\n```sh\nls\n```\n"):
        file.write_text(text)
        with pytest.raises(DocumentError, match=r"page\.md:\d+: nothing is said"):
            blocks(file)


def test_another_output_is_told() -> None:
    shown = Block(ROOT / "page.md", 1, "one … three\n…\nlast 12 s\n", "output", "")
    assert shown.is_matched_by("one two three\nand\nmore\nlast 12 s\n")
    assert not shown.is_matched_by("one two\nlast 12 s\n")
    assert not shown.is_matched_by("one two three\nlast 13 s\n")
    vary = Block(ROOT / "page.md", 1, "last 12 s\n", "output", "numbers vary")
    assert vary.is_matched_by("last   1.5 s\n")
    assert not vary.is_matched_by("last 1.5 min\n")


def test_what_takes_too_long_is_ended_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("test_documents.SECONDS", 1)
    told = tmp_path / "pid"
    with pytest.raises(subprocess.TimeoutExpired):
        run(f"setsid sleep 60 & echo $! > {told}; wait", dict(os.environ))
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(told.read_text())).wait(5)


def has_target(target: str) -> bool:
    return re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None


def skip_unless(there: bool, reason: str) -> None:
    if not there:
        pytest.skip(reason)
