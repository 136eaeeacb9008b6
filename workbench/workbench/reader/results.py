"""Read the results of the suite: `contract_tests/results/<implementation>.json`."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = "contract_tests/results"
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A test with its parameters, and its outcome in each implementation."""

    id: str
    outcomes: dict[str, Json]
    """The outcomes as the suite wrote them.

    Members: `outcome`, `seconds`, `reason`, `failure`, `reproduce`, `exchange`.
    """

    @property
    def file(self) -> str:
        """The file of the suite: `test_rules/test_cart.py`."""
        return self.id.partition("::")[0]

    @property
    def test(self) -> str:
        """The test's name as text: `a cart expires after thirty days`."""
        function = self.id.partition("::")[2].partition("[")[0]
        return function.removeprefix("test_").replace("_", " ")

    @property
    def parameters(self) -> str:
        """The parameters in brackets; long ones, such as the bytes of images, are shortened."""
        text = self.id.partition("[")[2].removesuffix("]")
        if text and not text.strip():
            return repr(text)
        return text if len(text) <= 120 else text[:119] + "…"

    @property
    def failures(self) -> dict[str, Json]:
        """The outcomes of the implementations in which the case failed."""
        return {name: each for name, each in self.outcomes.items() if each["outcome"] == "failed"}

    @property
    def label(self) -> str:
        """The parameters, or the test's name if it has no parameters."""
        return self.parameters or self.test

    @property
    def words(self) -> set[str]:
        """The words of the parameters. An operationId is among them if the case is about one."""
        return set(re.findall(r"\w+", self.id.partition("[")[2]))


class Results:
    """The last run of each implementation, if there is one."""

    def __init__(self, root: Path, implementations: Iterable[str]) -> None:
        """Read the files that exist."""
        files = {name: root / FOLDER / f"{name}.json" for name in implementations}
        self.runs: dict[str, Json] = {
            name: json.loads(file.read_text()) for name, file in files.items() if file.is_file()
        }

    @cached_property
    def cases(self) -> list[Case]:
        """The cases of all runs, ordered by file."""
        found: dict[str, dict[str, Json]] = {}
        for name, run in self.runs.items():
            for test in run["tests"]:
                found.setdefault(test["id"], {})[name] = test
        cases = [Case(id_, outcomes) for id_, outcomes in found.items()]
        return sorted(cases, key=lambda case: case.file)

    @cached_property
    def by_file(self) -> dict[str, dict[str, list[Case]]]:
        """The cases by file and test."""
        found: dict[str, dict[str, list[Case]]] = {}
        for case in self.cases:
            found.setdefault(case.file, {}).setdefault(case.test, []).append(case)
        return found

    def of(self, operation_id: str) -> dict[str, list[Case]]:
        """Return the cases with an operation in their parameters, by file."""
        return self._by_word.get(operation_id, {})

    @cached_property
    def _by_word(self) -> dict[str, dict[str, list[Case]]]:
        found: dict[str, dict[str, list[Case]]] = {}
        for case in self.cases:
            for word in case.words:
                found.setdefault(word, {}).setdefault(case.file, []).append(case)
        return found

    @cached_property
    def statuses(self) -> list[str]:
        """All statuses that are documented or were observed."""
        return sorted(
            {
                status
                for run in self.runs.values()
                for operation in run["operations"].values()
                for status in operation["answers"]
            }
        )

    def answer(self, name: str, operation_id: str, status: str) -> tuple[str, str]:
        """Return whether an implementation sent a documented status, and an explanation.

        The first word is `seen`, `excused`, `missing`, or empty if the status is not documented.
        """
        run = self.runs.get(name)
        number = run and run["operations"].get(operation_id, {}).get("answers", {}).get(status)
        if run is None or number is None:
            return "", ""
        if number:
            return "seen", f"{number} ×"
        for each in run["not_observable"]:
            if (each["operation"], str(each["status"])) == (operation_id, status):
                return "excused", str(each["reason"])
        return "missing", "not observed"

    def undocumented(self, operation_id: str) -> list[str]:
        """Describe the observed statuses that the contract does not document."""
        return [
            f"{name} responded with {each['status']}"
            for name, run in self.runs.items()
            for each in run["undocumented"]
            if each["operation"] == operation_id
        ]

    @staticmethod
    def reasons(cases: Iterable[Case]) -> dict[str, dict[str, int]]:
        """Count the skipped cases by reason and implementation."""
        found: dict[str, dict[str, int]] = {}
        for case in cases:
            for name, each in case.outcomes.items():
                if each["outcome"] == "skipped":
                    reason = str(each["reason"] or "").removeprefix("Skipped: ")
                    of_reason = found.setdefault(reason, {})
                    of_reason[name] = of_reason.get(name, 0) + 1
        return found

    @staticmethod
    def tally(cases: Iterable[Case], name: str) -> Json:
        """Count an implementation's passed, failed and skipped cases, and add up their seconds."""
        outcomes = [case.outcomes[name] for case in cases if name in case.outcomes]
        count = {
            word: sum(1 for each in outcomes if each["outcome"] == word)
            for word in ("passed", "failed", "skipped")
        }
        return {**count, "seconds": sum(each["seconds"] for each in outcomes)}
