"""A copy of the repository to break: its tracked files, and environments without packages."""

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
"""The name of the folder that holds a copy."""

NEEDED = ("contract_tests", "payment_sandbox", "spec", "impl_")
"""How the names of the folders begin that the suite and the implementations need."""


@contextmanager
def copy_of_the_repository() -> Iterator[Path]:
    """Yield a copy in which every implementation runs; delete it at the end.

    Processes that still run from the copy are killed first.
    """
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
    """List the needed files that git tracks or would add, relative to the repository's root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise FailedError(f"git cannot list the files of the repository: {listed.stderr}")
    files = map(Path, dict.fromkeys(filter(None, listed.stdout.split("\0"))))
    return [
        file
        for file in files
        if file.parts[0].startswith(NEEDED)
        and file.parts[:2] != ("contract_tests", "bugs")
        and (ROOT / file).is_file()
    ]


def make_environment(original: Path, project: Path) -> None:
    """Give a copied project an environment with the original's packages and the copy's code.

    The environment contains no packages. A `.pth` file names the project and, after it, the folder
    with the original's packages. Python does not read the `.pth` files in that folder, which name
    the original's code.
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
    """Check that a copied project runs the copy's code. Raises FailedError if it does not."""
    python, command = (project / ".venv" / "bin" / name for name in ("python", "bookstore"))
    if os.fsencode(python) not in command.read_bytes().splitlines()[0]:
        raise FailedError(f"{command} runs another Python than {python}")
    printed = subprocess.run(
        [python, "-c", "import bookstore; print(bookstore.__file__)"],
        cwd=project.anchor,
        capture_output=True,
        text=True,
        check=False,
    )
    if printed.stdout.strip() != str(project / "bookstore" / "__init__.py"):
        raise FailedError(f"{project} does not run its own code: {printed.stdout}{printed.stderr}")


def end_what_runs_in(folder: Path) -> None:
    """Kill the processes of a copy that still run, for example because the suite was killed."""
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
