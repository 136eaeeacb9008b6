"""The solution of an exercise: the change that broke the shop, and the test that notices it."""

import re

from rich.console import Console
from rich.text import Text

from workbench.hunt_bugs import Bug
from workbench.hunt_places import Broken
from workbench.hunt_suite import Finding, Hunter
from workbench.processes import Processes

COLOURS = {"+": "green", "-": "red", "@": "cyan"}
CURL = re.compile(r"^ *(?:E +)?(curl -i .*(?:\n *(?:E +)?→ .*)?)$", re.MULTILINE)


def reveal(bug: Bug, implementation: str, database: str, console: Console) -> bool:
    """Show everything; False if the suite does not notice the bug after all."""
    console.print(Text(f"{bug.number}: {bug.title} ({bug.kind})", style="bold"))
    console.print(f"\n{bug.story}\n")
    for place in Broken.by(bug, implementation).places:
        console.print(str(place))
    console.print()
    for line in bug.patch(implementation).read_text().splitlines():
        style = "bold" if line.startswith(("---", "+++")) else COLOURS.get(line[:1], "")
        console.print(Text(line, style=style))
    console.print(f"\nThe suite's {bug.caught_by}, against the broken shop:\n")
    finding = _finding(bug, implementation, database)
    console.print("\n".join(told(finding)))
    return finding.look.outcome == "caught"


def told(finding: Finding) -> list[str]:
    """Which test noticed it, and by which request."""
    look = finding.look
    if look.outcome != "caught":
        return [f"{look.outcome}: {look.told}" if look.told else look.outcome]
    requests = [found.replace("\nE", "\n").strip() for found in CURL.findall(look.failure)]
    return [
        f"{look.test}",
        f"notices it after {look.seconds:.0f} s",
        "",
        *(requests or [look.failure]),
    ]


def _finding(bug: Bug, implementation: str, database: str) -> Finding:
    """Without a look at the unbroken shop: that the part finds nothing there, `make hunt` sees."""
    with Processes() as processes:
        search = Hunter(database, control=False).hunt(bug, implementation, [bug.caught_by])
        try:
            for finding in search:
                if finding:
                    return finding
                processes.pause()
        finally:
            search.close()
    raise AssertionError("a hunt ends with a finding")
