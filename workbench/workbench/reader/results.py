"""What the suite saw: `contract_tests/results/<implementation>.json`, side by side."""

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
    """A test with its parameters, and what became of it in each implementation."""

    id: str
    outcomes: dict[str, Json]
    """As the suite wrote them.

    Members: `outcome`, `seconds`, `reason`, `failure`, `reproduce`, `exchange`.
    """

    @property
    def file(self) -> str:
        """`test_rules/test_cart.py`."""
        return self.id.partition("::")[0]

    @property
    def test(self) -> str:
        """The function, for a person: `a cart forgets after thirty days`."""
        function = self.id.partition("::")[2].partition("[")[0]
        return function.removeprefix("test_").replace("_", " ")

    @property
    def parameters(self) -> str:
        """What stands in brackets; bytes of pictures are cut off."""
        text = self.id.partition("[")[2].removesuffix("]")
        if text and not text.strip():
            return repr(text)
        return text if len(text) <= 120 else text[:119] + "…"

    @property
    def failures(self) -> dict[str, Json]:
        """The implementations in which it failed."""
        return {name: each for name, each in self.outcomes.items() if each["outcome"] == "failed"}

    @property
    def told(self) -> str:
        """What tells it from the others of its test: its parameters, if it has any."""
        return self.parameters or self.test

    @property
    def words(self) -> set[str]:
        """The words of its parameters, among them perhaps an operationId."""
        return set(re.findall(r"\w+", self.id.partition("[")[2]))


class Results:
    """The last run of each implementation; there may be none."""

    def __init__(self, root: Path, implementations: Iterable[str]) -> None:
        """Read what is there."""
        files = {name: root / FOLDER / f"{name}.json" for name in implementations}
        self.runs: dict[str, Json] = {
            name: json.loads(file.read_text()) for name, file in files.items() if file.is_file()
        }

    @cached_property
    def cases(self) -> list[Case]:
        """Every case of any run, in the order of the files' names."""
        found: dict[str, dict[str, Json]] = {}
        for name, run in self.runs.items():
            for test in run["tests"]:
                found.setdefault(test["id"], {})[name] = test
        cases = [Case(id_, outcomes) for id_, outcomes in found.items()]
        return sorted(cases, key=lambda case: case.file)

    @cached_property
    def by_file(self) -> dict[str, dict[str, list[Case]]]:
        """Cases by the suite's file, and by the test in it."""
        found: dict[str, dict[str, list[Case]]] = {}
        for case in self.cases:
            found.setdefault(case.file, {}).setdefault(case.test, []).append(case)
        return found

    def of(self, operation_id: str) -> dict[str, list[Case]]:
        """The cases that name an operation in their parameters, by the suite's file."""
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
        """All that are documented, or were seen."""
        return sorted(
            {
                status
                for run in self.runs.values()
                for operation in run["operations"].values()
                for status in operation["answers"]
            }
        )

    def answer(self, name: str, operation_id: str, status: str) -> tuple[str, str]:
        """How an implementation stands on an (operation, status): a word, and what it means.

        The word is `seen`, `excused`, `missing`, or empty for what is not documented.
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
        """Answers that the contract does not know, and who gave them."""
        return [
            f"{name} answered {each['status']}"
            for name, run in self.runs.items()
            for each in run["undocumented"]
            if each["operation"] == operation_id
        ]

    @staticmethod
    def reasons(cases: Iterable[Case]) -> dict[str, dict[str, int]]:
        """Why cases were skipped: for each reason, how many of each implementation."""
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
        """How many cases of an implementation passed, failed and were skipped, and the seconds."""
        outcomes = [case.outcomes[name] for case in cases if name in case.outcomes]
        count = {
            word: sum(1 for each in outcomes if each["outcome"] == word)
            for word in ("passed", "failed", "skipped")
        }
        return {**count, "seconds": sum(each["seconds"] for each in outcomes)}
