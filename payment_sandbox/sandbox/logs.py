"""One JSON object a line on stdout: never a key, a secret, a body or a query."""

import json

from sandbox.database import now


def log(message: str, **fields: str | float | None) -> None:
    """Say what happened."""
    print(json.dumps({"time": now(), "message": message, **fields}), flush=True)
