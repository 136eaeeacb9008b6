"""The solution of an exercise: the change that broke the shop, and the test that catches it."""

import re
from difflib import unified_diff

from rich.console import Console
from rich.text import Text

from workbench import ROOT
from workbench.hunt.catalogue import Bug
from workbench.hunt.places import CONTEXT, Broken
from workbench.hunt.suite import Finding, Hunt
from workbench.processes import Processes

COLOURS = {"+": "green", "-": "red", "@": "cyan"}
CURL = re.compile(r"^ *(?:E +)?(curl -i .*(?:\n *(?:E +)?→ .*)?)$", re.MULTILINE)


def reveal(bug: Bug, implementation: str, database: str, console: Console) -> bool:
    """Print the solution; return False if the suite does not catch the bug after all."""
    broken = Broken.by(bug, implementation)
    console.print(Text(f"{bug.title} ({bug.kind})", style="bold"))
    console.print(f"\n{bug.story}\n")
    for place in broken.places:
        console.print(str(place))
    console.print()
    for line in difference(broken):
        style = "bold" if line.startswith(("---", "+++")) else COLOURS.get(line[:1], "")
        console.print(Text(line, style=style))
    console.print(f"\nThe suite's {bug.caught_by}, against the broken shop:\n")
    finding = _finding(bug, implementation, database)
    console.print("\n".join(explained(finding)))
    return finding.look.outcome == "caught"


def difference(broken: Broken) -> list[str]:
    """Return the lines of a unified diff from the sound files to the broken ones."""
    return [
        line
        for file, text in broken.texts.items()
        for line in unified_diff(
            (ROOT / file).read_text().splitlines(),
            text.splitlines(),
            f"a/{file}",
            f"b/{file}",
            n=CONTEXT,
            lineterm="",
        )
    ]


def explained(finding: Finding) -> list[str]:
    """Name the test that caught the bug and the request that shows it."""
    look = finding.look
    if look.outcome != "caught":
        return [f"{look.outcome}: {look.reason}" if look.reason else look.outcome]
    requests = [found.replace("\nE", "\n").strip() for found in CURL.findall(look.failure)]
    return [
        f"{look.test}",
        f"caught it after {look.seconds:.0f} s",
        "",
        *(requests or [look.failure]),
    ]


def _finding(bug: Bug, implementation: str, database: str) -> Finding:
    # Only `make hunt-report` runs the suite against the sound shop first: a learner need not wait.
    with Processes() as processes:
        steps = Hunt(database, control=False).run(bug, implementation, [bug.caught_by])
        try:
            for finding in steps:
                if finding:
                    return finding
                processes.pause()
        finally:
            steps.close()
    raise AssertionError("a hunt ends with a finding")
