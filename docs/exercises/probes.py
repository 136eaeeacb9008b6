"""The check of a test: it has to fail on a shop with a bug, and to pass on one without.

The test is `test_probe.py`, run by pytest in the suite's environment (httpx, Hypothesis). It is
told `SHOP`, the address, and `SHOP_PID`, the process that `bookstore serve` is.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench import ROOT
from workbench.lessons import broken_copy, open_shops
from workbench.processes import FailedError, Processes, listens

SETTINGS = {"BOOKSTORE_DEBUG_TIMING": "1", "BOOKSTORE_DRAIN_SECONDS": "2"}
PASSED, FAILED = 0, 1


def check(bug: str, implementation: str, folder: Path) -> None:
    """Run the test against a broken shop, then against the unbroken one. Raises FailedError."""
    with broken_copy(bug, implementation) as copy:
        status, told = _run(folder / "test_probe.py", implementation, copy)
    if status == PASSED:
        raise FailedError(f"Your test passes on a shop with the bug {bug}.")
    if status != FAILED:
        raise FailedError(f"Your test does not run:\n{told}")
    status, told = _run(folder / "test_probe.py", implementation, ROOT)
    if status != PASSED:
        raise FailedError(f"Your test fails on a shop without the bug, too:\n{told}")


def _run(test: Path, implementation: str, root: Path) -> tuple[int, str]:
    """The exit status of pytest, and what it says."""
    with _served(implementation, root) as variables:
        done = subprocess.run(
            [
                *(ROOT / "contract_tests" / ".venv" / "bin" / "python", "-m", "pytest", "-q"),
                *("-c", "/dev/null", "--rootdir", test.parent, "-p", "no:cacheprovider"),
                *("--tb=short", "--disable-warnings", test),
            ],
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def _served(implementation: str, root: Path) -> Iterator[dict[str, str]]:
    """A server that the test may stop, in the variables that name it."""
    with (
        open_shops(implementation, root=root, settings=SETTINGS, serving=False) as [shop],
        Processes() as processes,
    ):
        server = shop.start(processes)
        processes.wait_until(lambda: listens(shop.port), server, seconds=60)
        yield {**shop.environment, "SHOP": shop.url, "SHOP_PID": str(server.pid)}
