"""One JSON line a request on stdout (runtime.md, Signals and logs)."""

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = ("method", "route", "path", "status", "duration_ms", "request_id", "user_id", "trace_id")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logs(level: str) -> None:
    """Send every logger of this process to stdout, as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("django").setLevel(
        "CRITICAL"
    )  # says again what the request's line and `errors` say
    logging.getLogger("httpx").setLevel("WARNING")  # says every request to the payment provider
    logging.getLogger("psycopg.pool").setLevel(
        "ERROR"
    )  # warns of each attempt to reach a database that is away
