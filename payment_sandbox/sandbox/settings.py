"""What the environment sets, checked at start."""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

API_KEY = "sk_sandbox_development"
WEBHOOK_SECRET = "whsec_Ym9va3N0b3JlLWRldmVsb3BtZW50LXdlYmhvb2tzLTAx"
WEBHOOK_URL = "http://127.0.0.1:8000/webhooks/payments"
DATABASE = "payment_sandbox.db"

SECRET_PREFIX = "whsec_"
SHORTEST_SECRET = 24
"""Bytes, as Standard Webhooks has it."""


class SettingsError(Exception):
    """A setting that cannot be; the message names every one."""


@dataclass(frozen=True)
class Settings:
    """The four `SANDBOX_…` variables."""

    api_key: str
    webhook_url: str
    webhook_secrets: tuple[str, ...]
    database: Path

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read them. Raises SettingsError in one line, whatever is wrong."""
        settings = cls(
            api_key=os.environ.get("SANDBOX_API_KEY", API_KEY),
            webhook_url=os.environ.get("SANDBOX_WEBHOOK_URL", WEBHOOK_URL),
            webhook_secrets=tuple(
                os.environ.get("SANDBOX_WEBHOOK_SECRET", WEBHOOK_SECRET).split(" ")
            ),
            database=Path(os.environ.get("SANDBOX_DATABASE", DATABASE)),
        )
        if wrong := settings.what_is_wrong():
            raise SettingsError("; ".join(wrong))
        return settings

    def what_is_wrong(self) -> list[str]:
        """One sentence for each setting that cannot be."""
        wrong = []
        if not (self.api_key.isascii() and self.api_key.isprintable() and self.api_key.split()):
            wrong.append("SANDBOX_API_KEY must be printable ASCII, and not empty")
        if not is_http_url(self.webhook_url):
            wrong.append("SANDBOX_WEBHOOK_URL must be an http:// or https:// URL")
        if not all(map(is_webhook_secret, self.webhook_secrets)):
            wrong.append(
                "SANDBOX_WEBHOOK_SECRET must be whsec_ and base64 of at least "
                f"{SHORTEST_SECRET} bytes; several are separated by one blank"
            )
        if not self.database.absolute().parent.is_dir() or self.database.is_dir():
            wrong.append("SANDBOX_DATABASE must be a file's path in a folder that is there")
        return wrong


def is_http_url(text: str) -> bool:
    """Whether events can be sent there."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_webhook_secret(text: str) -> bool:
    """Whether it has the Standard Webhooks form."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(SECRET_PREFIX) and len(key) >= SHORTEST_SECRET
