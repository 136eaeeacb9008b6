"""One JSON object a line: requests on stdout, everything else on stderr (runtime.md)."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

requests = logging.getLogger("bookstore.requests")


class JsonFormatter(logging.Formatter):
    """A record with what was passed as `extra={"members": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "members", {}),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    """Set up logging of a serving process."""
    out, err = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    for handler in (out, err):
        handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [err]
    root.setLevel(logging.WARNING)
    requests.handlers[:] = [out]
    requests.propagate = False
    for name in ("bookstore", "bookstore.requests"):
        logging.getLogger(name).setLevel(level.upper())
