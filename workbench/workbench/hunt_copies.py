"""A copy of the repository to break: its tracked files, and environments that cost nothing."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench import ROOT
from workbench.processes import FailedError
from workbench.shops import implementations

COPY = "copy"
"""What its folder is called."""

NEEDED = ("contract_tests", "payment_sandbox", "spec", "impl_")
"""How the folders are called that the suite and the implementations need."""


@contextmanager
def copy_of_the_repository() -> Iterator[Path]:
    """A folder with a copy, in which every implementation runs; gone at the end, with what runs."""
    with tempfile.TemporaryDirectory(prefix="bookstore-hunt-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve() / COPY
        for file in tracked_files():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, target)
        for implementation in implementations():
            make_environment(ROOT / f"impl_{implementation}", folder / f"impl_{implementation}")
        for project in ("contract_tests", "payment_sandbox"):
            (folder / project / ".venv").symlink_to(ROOT / project / ".venv")
        try:
            yield folder
        finally:
            end_what_runs_in(folder)


def tracked_files() -> list[Path]:
    """What git knows of, or would if it were asked, and is needed; relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise FailedError(f"git does not say what belongs to the repository: {listed.stderr}")
    files = map(Path, dict.fromkeys(filter(None, listed.stdout.split("\0"))))
    return [
        file
        for file in files
        if file.parts[0].startswith(NEEDED)
        and file.parts[:2] != ("contract_tests", "bugs")
        and (ROOT / file).is_file()
    ]


def make_environment(original: Path, project: Path) -> None:
    """Give a copied project the original's packages, but its own code.

    A virtual environment without packages; a `.pth` file names the project and, after it, where the
    original's packages are. The `.pth` files there, which name the original's code, do not count.
    """
    environment, packages = project / ".venv", _site_packages(original)
    own = environment / packages.relative_to(original / ".venv")
    own.mkdir(parents=True)
    (own / "copy.pth").write_text(f"{project}\n{packages}\n")
    shutil.copy2(original / ".venv" / "pyvenv.cfg", environment)
    programs = environment / "bin"
    programs.mkdir()
    (programs / "python").symlink_to((original / ".venv" / "bin" / "python").resolve())
    before, after = os.fsencode((original / ".venv").resolve()), os.fsencode(environment)
    for program in (original / ".venv" / "bin").iterdir():
        content = program.read_bytes() if program.is_file() and not program.is_symlink() else b""
        if content.startswith(b"#!"):
            (programs / program.name).write_bytes(content.replace(before, after))
            (programs / program.name).chmod(0o755)


def require_own_code(project: Path) -> None:
    """See that it is the copy's code that runs. Raises FailedError."""
    python, command = (project / ".venv" / "bin" / name for name in ("python", "bookstore"))
    if os.fsencode(python) not in command.read_bytes().splitlines()[0]:
        raise FailedError(f"{command} is run by another Python than {python}")
    told = subprocess.run(
        [python, "-c", "import bookstore; print(bookstore.__file__)"],
        cwd=project.anchor,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.stdout.strip() != str(project / "bookstore" / "__init__.py"):
        raise FailedError(f"{project} does not run its own code: {told.stdout}{told.stderr}")


def end_what_runs_in(folder: Path) -> None:
    """Kill what was started from a copy and is left, say because the suite was killed."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,command="],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if f"{folder}{os.sep}" in command:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def _site_packages(project: Path) -> Path:
    found = list((project / ".venv").glob("lib/python*/site-packages"))
    if len(found) != 1:
        raise FailedError(f"{project.name} has no environment: `make run IMPL=…` makes it")
    return found[0]
