"""A checkout for the reader's tests: links to the sources, results of failed runs, one trace."""

import json
from pathlib import Path
from random import sample
from typing import Any
from uuid import uuid4

from trace_samples import recorded

from workbench import ROOT
from workbench.reader.contract import Contract
from workbench.reader.results import FOLDER
from workbench.shops import implementations

LINKED = ("README.md", "docs", "spec")
FAILURE = (
    "E   AssertionError: placeOrder: 500\n"
    "E     - a server error\n"
    "E     curl -i -X POST 'http://127.0.0.1:8000/orders' -H 'authorization: Bearer <token>'\n"
    'E     → 500 {"title": "Oh & no"}'
)


def make(folder: Path, *, without_run: str = "") -> Path:
    """Link the sources into a folder, write results beside them, and return the folder."""
    for name in (*LINKED, *(f"impl_{name}" for name in implementations())):
        (folder / name).symlink_to(ROOT / name)
    results = folder / FOLDER
    results.mkdir(parents=True)
    for name in implementations():
        if name != without_run:
            run = json.dumps(_results(Contract(folder), name, failed=name == "django"))
            (results / f"{name}.json").write_text(run)
    (results / "trace").mkdir()
    (results / "trace" / "createAuthor.json").write_text(json.dumps(recorded("createAuthor")))
    return folder


def _results(contract: Contract, name: str, *, failed: bool) -> dict[str, Any]:
    """Return results in the form that the suite writes."""
    answers = {
        operation.id: {answer.status: number for number, answer in enumerate(operation.answers, 1)}
        for operation in contract.operations
    }
    answers["listUsers"]["503"] = answers["getMe"]["503"] = 0
    broken = _case("test_rules/test_orders.py::test_an_order_is_placed[placeOrder]", "failed")
    broken |= {"failure": FAILURE, "reproduce": "pytest contract_tests --seed 1"}
    broken |= {"exchange": _exchange("500", '{"title": "Oh & no"}')}
    whole = _case("test_rules/test_orders.py::test_an_order_is_placed[placeOrder]", "passed")
    whole |= {"exchange": _exchange("201", f'{{"id": "{uuid4()}", "state": "<paid>"}}')}
    skipped = _case("test_real_data.py::test_rows_are_in", "skipped")
    return {
        "target": name,
        "base_url": None,
        "database": "sqlite",
        "profile": "default",
        "started": "2026-11-27T21:50:27Z",
        "seconds": 333.0,
        "partial": None,
        "exit_status": int(failed),
        "environment": {"python": "3.11", "system": "Linux", "cpus": 2, "commit": "abc"},
        "outcomes": {"passed": 1, "skipped": 1, "failed": 1},
        "operations": {id_: {"tag": "", "answers": each} for id_, each in answers.items()},
        "missing": [{"operation": "getMe", "status": 503}],
        "undocumented": [{"operation": "placeOrder", "status": 500}] if failed else [],
        "not_observable": [{"operation": "listUsers", "status": 503, "reason": "SQLite goes on"}],
        "tests": [
            *(
                _case(f"test_refusals.py::test_406_when_it_must_be[{operation.id}]", "passed")
                for operation in contract.operations
            ),
            broken if failed else whole,
            skipped | {"reason": "Skipped: the catalogue is not here"},
        ],
    }


def _exchange(status: str, content: str) -> tuple[str, str]:
    """Return an exchange with headers in a random order, because the frameworks' orders differ."""
    fields = sample(["Content-Type: application/json", 'ETag: "v1"', f"Location: /{uuid4()}"], 3)
    return "POST /orders\ncontent-type: application/json\n\n{}", "\n".join(
        [status, *fields, "", content]
    )


def _case(id_: str, outcome: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("reason", "failure", "reproduce", "exchange"))
    return {"id": id_, "outcome": outcome, "seconds": 0.25, **nothing}
