"""The log: one JSON object per line on stdout, without keys, secrets, bodies or queries."""

import json

from sandbox.database import now


def log(message: str, **fields: str | float | None) -> None:
    """Write one log line."""
    print(json.dumps({"time": now(), "message": message, **fields}), flush=True)
