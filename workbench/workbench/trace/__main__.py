"""`make trace`: record requests, and show how long each step from the socket to the database takes.

Each operation's recording is also written to a file, which the pages of `make compare` show.
"""

import argparse
import json
import sys
from pathlib import Path

from workbench.databases import KINDS
from workbench.processes import FailedError, InterruptedRunError
from workbench.shops import implementations
from workbench.trace.recording import chosen, operations, record
from workbench.trace.results import RESULTS, operation_results
from workbench.trace.terminal import Screen

MOST_WATERFALLS = 3
"""For more operations than this, print only a table."""


def main() -> int:
    """Return the exit status: 0 if everything was recorded."""
    choice = arguments()
    if not choice.op:
        print("Choose an operation (OP=placeOrder), several (OP=getBook,listBooks) or OP=all:\n")
        print("\n".join(f"  {name}" for name in operations()))
        return 0
    names = implementations() if choice.impl == "all" else [choice.impl]
    try:
        wanted = chosen(choice.op)
        recorded = record(names, choice.database, wanted)
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    choice.results.mkdir(parents=True, exist_ok=True)
    results = [operation_results(each, choice.database, recorded[each]) for each in wanted]
    for data in results:
        text = json.dumps(data, indent=1, ensure_ascii=False)
        (choice.results / f"{data['operation']}.json").write_text(f"{text}\n")
    screen = Screen(choice.results)
    if len(results) > MOST_WATERFALLS:
        screen.overview(results)
    else:
        for data in results:
            screen.operation(data)
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.trace", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--op", default="", help="operationIds, separated by commas, or all")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder for the files")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
