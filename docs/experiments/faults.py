"""The faults that a problem on standard input names, in one line."""

import json
import sys


def main() -> None:
    """Print them by name."""
    errors = sorted(json.load(sys.stdin)["errors"], key=lambda error: str(error["name"]))
    print("; ".join(f"{error['location']} {error['name']}: {error['code']}" for error in errors))


if __name__ == "__main__":
    main()
