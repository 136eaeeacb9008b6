"""Another version of this repository: its files, and environments that run its code."""

import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workbench import ROOT
from workbench.hunt.copies import make_environment
from workbench.processes import FailedError


@contextmanager
def checkout(commit: str, names: Sequence[str]) -> Iterator[Path]:
    """Give a folder with the files of a commit, in which these implementations run.

    Raises FailedError if the commit does not exist or does not have these implementations.
    """
    with tempfile.TemporaryDirectory(prefix="bookstore-version-") as name:
        folder = Path(name).resolve()
        archive = folder / "archive.tar"
        # A worktree would leave its record in the repository if this process were killed.
        _run("git", "archive", "--output", archive, resolved(commit))
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        archive.unlink()
        for implementation in names:
            project = folder / f"impl_{implementation}"
            if not project.is_dir():
                raise FailedError(f"{commit} has no {project.name}")
            give_environment(project)
            require_own_code(project)
        yield folder


def resolved(commit: str) -> str:
    """Return the hash of a commit. Raises FailedError with Git's message if it does not exist."""
    return _run("git", "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}").strip()


def give_environment(project: Path) -> None:
    """Make the environment of another version's project.

    Where the locked packages are the same it borrows those of this repository's environment. It
    does not borrow the editable install, which would run this repository's code.
    """
    original = ROOT / project.name
    if _packages(original) == _packages(project):
        make_environment(original, project)
        return
    environment = project / ".venv"
    _uv("venv", "--python", ROOT / ".venv" / "bin" / "python", environment)
    install = ("pip", "install", "--python", environment)
    _uv(*install, "--require-hashes", "-r", project / "requirements.txt")
    _uv(*install, "--no-deps", "--editable", project)


def require_own_code(project: Path) -> None:
    """Raise FailedError unless the project's Python imports the project's own code."""
    python, command = (project / ".venv" / "bin" / name for name in ("python", "bookstore"))
    if str(python) not in command.read_text().splitlines()[0]:
        raise FailedError(f"{command} is not run by {python}")
    code = "import bookstore; print(bookstore.__file__)"
    imported = _run(python, "-c", code, folder=Path(project.anchor)).strip()
    if not Path(imported).is_relative_to(project):
        raise FailedError(f"{project} would run {imported}")


def _packages(project: Path) -> tuple[str, object]:
    """Return what decides which packages and commands a project's environment has."""
    metadata = tomllib.loads((project / "pyproject.toml").read_text())
    return (project / "requirements.txt").read_text(), metadata["project"]


def _uv(*arguments: str | Path) -> None:
    script = ROOT / "workbench" / "bootstrap" / "uv.py"
    _run(ROOT / ".venv" / "bin" / "python", script, *arguments)


def _run(*command: str | Path, folder: Path = ROOT) -> str:
    """Return what a command prints. Raises FailedError if it fails."""
    program = shutil.which(str(command[0])) or command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FailedError(f"{' '.join(map(str, command))}:\n{done.stderr.strip()}")
    return done.stdout
