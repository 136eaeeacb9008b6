"""Settings from the environment, checked when the server starts."""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

API_KEY = "sk_sandbox_development"
# A public default for development (spec/runtime.md).
WEBHOOK_SECRET = "whsec_Ym9va3N0b3JlLWRldmVsb3BtZW50LXdlYmhvb2tzLTAx"
WEBHOOK_URL = "http://127.0.0.1:8000/webhooks/payments"
DATABASE = "payment_sandbox.db"

SECRET_PREFIX = "whsec_"  # a prefix, not a secret
SHORTEST_SECRET = 24
"""The minimum in bytes that Standard Webhooks requires."""


class SettingsError(Exception):
    """Invalid settings; the message names each of them."""


@dataclass(frozen=True)
class Settings:
    """The values of the four `SANDBOX_…` variables."""

    api_key: str
    webhook_url: str
    webhook_secrets: tuple[str, ...]
    database: Path

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings. Raises SettingsError with one line that names every error."""
        settings = cls(
            api_key=os.environ.get("SANDBOX_API_KEY", API_KEY),
            webhook_url=os.environ.get("SANDBOX_WEBHOOK_URL", WEBHOOK_URL),
            webhook_secrets=tuple(
                os.environ.get("SANDBOX_WEBHOOK_SECRET", WEBHOOK_SECRET).split(" ")
            ),
            database=Path(os.environ.get("SANDBOX_DATABASE", DATABASE)),
        )
        if wrong := settings.errors():
            raise SettingsError("; ".join(wrong))
        return settings

    def errors(self) -> list[str]:
        """Return one sentence for each invalid setting."""
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
            wrong.append("SANDBOX_DATABASE must be the path of a file in an existing folder")
        return wrong


def is_http_url(text: str) -> bool:
    """Return whether events can be sent to this URL."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_webhook_secret(text: str) -> bool:
    """Return whether the text has the form of a Standard Webhooks secret."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(SECRET_PREFIX) and len(key) >= SHORTEST_SECRET
