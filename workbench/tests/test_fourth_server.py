"""That the contract suite takes a server it has never seen, and says what is missing and wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wrong_shop import ADMIN

from workbench.processes import Processes, free_port, listens

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
PYTEST = REPOSITORY / "contract_tests" / ".venv" / "bin" / "pytest"
RESULTS = REPOSITORY / "contract_tests" / "results" / "server.json"
PARTS = [
    "contract_tests/test_refusals.py::test_401_without_a_good_token",
    "contract_tests/test_rules/test_books.py",
    "contract_tests/test_rules/test_listing.py",
    "contract_tests/test_rules/test_lists_agree.py",
]


@pytest.fixture(scope="module")
def wrong_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is served."""
    port, log = free_port(), tmp_path_factory.mktemp("wrong") / "log"
    with Processes() as processes:
        command: list[str | Path] = [sys.executable, HERE / "wrong_shop.py", str(port)]
        shop = processes.start("the wrong shop", command, log=log)
        processes.wait_until(lambda: listens(port), shop, seconds=30)
        yield f"http://127.0.0.1:{port}"


def report(wrong_shop: str, *arguments: str) -> str:
    """What the suite, or a part of it, prints about the wrong shop."""
    admin = f"{ADMIN['email']}:{ADMIN['password']}"
    run = subprocess.run(
        [PYTEST, *arguments, "--base-url", wrong_shop, "--admin", admin],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def tests(wrong_shop: str) -> list[dict[str, Any]]:
    """What the suite writes about the parts that are about what it has."""
    report(wrong_shop, *PARTS)
    written: list[dict[str, Any]] = json.loads(RESULTS.read_text())["tests"]
    return written


@pytest.fixture(scope="module")
def failures(tests: list[dict[str, Any]]) -> dict[str, str]:
    """What fails, and how that is explained."""
    return {test["id"]: test["failure"] for test in tests if test["outcome"] == "failed"}


def test_the_report_comes_to_a_verdict_and_names_what_is_missing(wrong_shop: str) -> None:
    told = report(wrong_shop, "contract_tests", "--profile", "smoke")
    assert "server breaks the contract" in told
    assert "INTERNALERROR" not in told
    missing = next(line for line in told.splitlines() if line.startswith("Not once served"))
    assert {"getCart,", "placeOrder,", "createRefund,"} <= set(missing.split())
    assert not {"registerUser,", "createBook,", "listBooks,"} & set(missing.split())


@pytest.mark.parametrize("fault", ["getMe: 500", "listBooks: 500", "createBook: 500"])
def test_it_finds_what_makes_the_server_fail(failures: dict[str, str], fault: str) -> None:
    """A garbage token, a limit of -1 and a title of 300 characters."""
    assert any(fault in failure for failure in failures.values())


def test_it_finds_the_list_that_shows_something_else(failures: dict[str, str]) -> None:
    assert "'on_hand': 42" in failures["test_rules/test_lists_agree.py::test_new_books"]


def test_each_case_is_kept_with_the_request_that_it_is_about(tests: list[dict[str, Any]]) -> None:
    exchanges = {test["id"]: test["exchange"] for test in tests}
    request, answer = exchanges["test_refusals.py::test_401_without_a_good_token[getMe]"]
    assert request.startswith("GET /users/me\nauthorization: ")
    assert answer.startswith("500\ncontent-type: text/plain\n")
    assert answer.endswith("\n\nIndexError: list index out of range")
