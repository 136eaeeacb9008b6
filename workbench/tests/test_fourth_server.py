"""The suite tests a server that it does not know, and reports what is missing or wrong there."""

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
    """The URL of the wrong shop, while it runs."""
    port, log = free_port(), tmp_path_factory.mktemp("wrong") / "log"
    with Processes() as processes:
        command: list[str | Path] = [sys.executable, HERE / "wrong_shop.py", str(port)]
        shop = processes.start("the wrong shop", command, log=log)
        processes.wait_until(lambda: listens(port), shop, seconds=30)
        yield f"http://127.0.0.1:{port}"


def report(wrong_shop: str, *arguments: str) -> str:
    """Run the suite, or a part of it, against the wrong shop; return its output."""
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
    """The results of the parts of the suite whose operations the wrong shop has."""
    report(wrong_shop, *PARTS)
    written: list[dict[str, Any]] = json.loads(RESULTS.read_text())["tests"]
    return written


@pytest.fixture(scope="module")
def failures(tests: list[dict[str, Any]]) -> dict[str, str]:
    """The failed tests, with the text of each failure."""
    return {test["id"]: test["failure"] for test in tests if test["outcome"] == "failed"}


def test_the_report_names_the_missing_operations(wrong_shop: str) -> None:
    output = report(wrong_shop, "contract_tests", "--profile", "smoke")
    assert "server breaks the contract" in output
    assert "INTERNALERROR" not in output
    missing = next(line for line in output.splitlines() if line.startswith("Not once served"))
    assert {"getCart,", "placeOrder,", "createRefund,"} <= set(missing.split())
    assert not {"registerUser,", "createBook,", "listBooks,"} & set(missing.split())


@pytest.mark.parametrize("fault", ["getMe: 500", "listBooks: 500", "createBook: 500"])
def test_requests_that_crash_the_server_are_found(failures: dict[str, str], fault: str) -> None:
    """The causes are a malformed token, a limit of -1 and a title of 300 characters."""
    assert any(fault in failure for failure in failures.values())


def test_a_list_with_wrong_items_is_found(failures: dict[str, str]) -> None:
    assert "'on_hand': 42" in failures["test_rules/test_lists_agree.py::test_new_books"]


def test_results_have_the_request_and_the_response_of_each_case(
    tests: list[dict[str, Any]],
) -> None:
    exchanges = {test["id"]: test["exchange"] for test in tests}
    request, response = exchanges["test_refusals.py::test_401_without_a_good_token[getMe]"]
    assert request.startswith("GET /users/me\nauthorization: ")
    assert response.startswith("500\ncontent-type: text/plain\n")
    assert response.endswith("\n\nIndexError: list index out of range")
