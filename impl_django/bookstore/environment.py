"""What an operator can choose, from the environment alone (spec/runtime.md, Settings)."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEVELOPMENT_SECRET = "a secret for development, known to everybody"
DEVELOPMENT_API_KEY = "sk_sandbox_development"
DEVELOPMENT_WEBHOOK_SECRET = "whsec_Ym9va3N0b3JlLWRldmVsb3BtZW50LXdlYmhvb2tzLTAx"


class SettingsError(Exception):
    """One line that names every variable that is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What an operator can choose; seconds and counts are positive integers."""

    development: bool
    secret_key: str
    database_url: str
    database_pool_size: int
    database_replica_url: str | None
    redis_url: str
    spec_dir: Path
    currency: str
    access_token_seconds: int
    refresh_token_seconds: int
    order_expiry_seconds: int
    payment_url: str
    payment_api_key: str
    payment_webhook_secrets: tuple[str, ...]
    payment_timeout_seconds: int
    login_limit_account: int
    login_limit_address: int
    login_window_seconds: int
    trusted_proxies: int
    drain_seconds: int
    log_level: str
    debug_timing: bool
    metrics_port: int


class _Reader:
    """Reads variables and remembers what is wrong with them, to say it all at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def text(self, name: str, default: str, pattern: str, meaning: str) -> str:
        value = self._environment.get(f"BOOKSTORE_{name}", default)
        if not re.fullmatch(pattern, value):
            self.faults.append(f"BOOKSTORE_{name} must be {meaning}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default), r"[0-9]{1,10}", f"an integer from {low} to {high}")
        if value.isdecimal() and not low <= int(value) <= high:
            self.faults.append(f"BOOKSTORE_{name} must be an integer from {low} to {high}")
        return int(value) if value.isdecimal() else default

    def replica_url(self) -> str | None:
        value = self._environment.get("BOOKSTORE_DATABASE_REPLICA_URL")
        primary = self._environment.get("BOOKSTORE_DATABASE_URL", "")
        if value and not all(url.startswith("postgresql://") for url in (value, primary)):
            self.faults.append(
                "BOOKSTORE_DATABASE_REPLICA_URL must be a replica's of a postgresql:// database"
            )
        return value or None

    def secret(self, *, development: bool) -> str:
        value = self._environment.get(
            "BOOKSTORE_SECRET_KEY", DEVELOPMENT_SECRET if development else ""
        )
        if not value:
            self.faults.append("BOOKSTORE_SECRET_KEY must be set outside development")
        elif len(value.encode()) < 32:
            self.faults.append("BOOKSTORE_SECRET_KEY must have at least 32 bytes")
        elif value == DEVELOPMENT_SECRET and not development:
            self.faults.append(
                "BOOKSTORE_SECRET_KEY must not be the built-in one outside development"
            )
        return value

    def payment_key(self, *, development: bool) -> str:
        value = self._environment.get(
            "BOOKSTORE_PAYMENT_API_KEY", DEVELOPMENT_API_KEY if development else ""
        )
        if not value:
            self.faults.append("BOOKSTORE_PAYMENT_API_KEY must be set outside development")
        elif not re.fullmatch(r"[\x21-\x7e]{1,255}", value):
            self.faults.append("BOOKSTORE_PAYMENT_API_KEY must be visible ASCII")
        return value

    def webhook_secrets(self, *, development: bool) -> tuple[str, ...]:
        default = DEVELOPMENT_WEBHOOK_SECRET if development else ""
        secrets = self._environment.get("BOOKSTORE_PAYMENT_WEBHOOK_SECRETS", default).split()
        if not secrets:
            self.faults.append("BOOKSTORE_PAYMENT_WEBHOOK_SECRETS must be set outside development")
        elif not all(map(_is_webhook_secret, secrets)):
            self.faults.append(
                "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS must be whsec_ and at least 24 bytes in base64, "
                "each"
            )
        return tuple(secrets)


def _is_webhook_secret(secret: str) -> bool:
    """Whether it is one as Standard Webhooks has them."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and len(key) >= 24


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` gives.

    Raises:
        SettingsError: naming every variable that is wrong.
    """
    read = _Reader(environment)
    environment_name = read.text(
        "ENV", "production", "development|production", "development or production"
    )
    development = environment_name == "development"
    repository_spec = Path(__file__).resolve().parents[2] / "spec"
    settings = Settings(
        development=development,
        secret_key=read.secret(development=development),
        database_url=read.text(
            "DATABASE_URL",
            "sqlite:///bookstore.db",
            r"sqlite:///.+|postgresql://.+",
            "sqlite:///path or postgresql://user:password@host:port/name",
        ),
        database_pool_size=read.integer("DATABASE_POOL_SIZE", 10, 1, 1000),
        database_replica_url=read.replica_url(),
        redis_url=read.text(
            "REDIS_URL", "redis://127.0.0.1:6379/0", r"(rediss?|unix)://.+", "a redis:// URL"
        ),
        spec_dir=Path(read.text("SPEC_DIR", str(repository_spec), ".+", "a folder")),
        currency=read.text("CURRENCY", "EUR", "[A-Z]{3}", "an ISO 4217 code"),
        access_token_seconds=read.integer("ACCESS_TOKEN_SECONDS", 900, 1, 86_400),
        refresh_token_seconds=read.integer("REFRESH_TOKEN_SECONDS", 2_592_000, 1, 31_536_000),
        order_expiry_seconds=read.integer("ORDER_EXPIRY_SECONDS", 86_400, 1, 31_536_000),
        payment_url=read.text(
            "PAYMENT_URL", "http://127.0.0.1:8900", r"https?://[^\s?#]+", "an http:// URL"
        ),
        payment_api_key=read.payment_key(development=development),
        payment_webhook_secrets=read.webhook_secrets(development=development),
        payment_timeout_seconds=read.integer("PAYMENT_TIMEOUT_SECONDS", 10, 1, 60),
        login_limit_account=read.integer("LOGIN_LIMIT_ACCOUNT", 10, 1, 1_000_000),
        login_limit_address=read.integer("LOGIN_LIMIT_ADDRESS", 100, 1, 1_000_000),
        login_window_seconds=read.integer("LOGIN_WINDOW_SECONDS", 900, 1, 86_400),
        trusted_proxies=read.integer("TRUSTED_PROXIES", 0, 0, 10),
        drain_seconds=read.integer("DRAIN_SECONDS", 0, 0, 600),
        log_level=read.text(
            "LOG_LEVEL", "info", "debug|info|warning|error", "debug, info, warning or error"
        ),
        debug_timing=read.text("DEBUG_TIMING", "0", "[01]", "0 or 1") == "1",
        metrics_port=read.integer("METRICS_PORT", 0, 0, 65_535),
    )
    if not (settings.spec_dir / "openapi.yaml").is_file():
        read.faults.append("BOOKSTORE_SPEC_DIR must be the folder with openapi.yaml")
    if read.faults:
        raise SettingsError("; ".join(dict.fromkeys(read.faults)))
    return settings


@cache
def current_settings() -> Settings:
    """This process's settings, read once.

    Raises:
        SettingsError: naming every variable that is wrong.
    """
    return read_settings(os.environ)
