"""Settings, from the environment alone (runtime.md)."""

import os
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

DEVELOPMENT_SECRET = "a secret for development, known to everybody"
# The payment sandbox's own.
SANDBOX_API_KEY = "sk_sandbox_development"
SANDBOX_WEBHOOK_SECRET = "whsec_Ym9va3N0b3JlLWRldmVsb3BtZW50LXdlYmhvb2tzLTAx"
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """One line that names every setting that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says; durations in seconds."""

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
    """Reads variables one by one and remembers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.wrong: list[str] = []

    def text(self, name: str, default: str, is_good: Callable[[str], bool], must: str) -> str:
        value = self.environment.get(name, default)
        if not is_good(value):
            self.wrong.append(f"{name} must {must}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.environment.get(name, str(default))
        if value.isascii() and value.isdigit() and len(value) < 12 and low <= int(value) <= high:
            return int(value)
        self.wrong.append(f"{name} must be an integer from {low} to {high}")
        return default

    def replica_url(self, database_url: str) -> str | None:
        value = self.environment.get("BOOKSTORE_DATABASE_REPLICA_URL")
        if value and not all(url.startswith("postgresql://") for url in (value, database_url)):
            self.wrong.append(
                "BOOKSTORE_DATABASE_REPLICA_URL must be a replica's of a postgresql:// database"
            )
        return value or None

    def choice(self, name: str, default: str, *choices: str) -> str:
        return self.text(name, default, choices.__contains__, f"be one of {', '.join(choices)}")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every setting.

    Raises SettingsError naming all that are wrong.
    """
    read = _Reader(environment)
    development = read.choice("BOOKSTORE_ENV", "production", "production", "development") != (
        "production"
    )
    settings = Settings(
        development=development,
        secret_key=read.text(
            "BOOKSTORE_SECRET_KEY",
            DEVELOPMENT_SECRET if development else "",
            lambda key: len(key.encode()) >= 32 and (development or key != DEVELOPMENT_SECRET),
            "be set to at least 32 bytes of your own",
        ),
        database_url=read.text(
            "BOOKSTORE_DATABASE_URL",
            "sqlite:///bookstore.db",
            _is_database_url,
            "be sqlite:///path or postgresql://user:password@host:port/name",
        ),
        database_pool_size=read.integer("BOOKSTORE_DATABASE_POOL_SIZE", 10, 1, 1000),
        database_replica_url=read.replica_url(environment.get("BOOKSTORE_DATABASE_URL", "")),
        redis_url=read.text(
            "BOOKSTORE_REDIS_URL",
            "redis://127.0.0.1:6379/0",
            lambda url: url.startswith(("redis://", "rediss://", "unix://")),
            "be redis://host:port/number",
        ),
        spec_dir=Path(
            read.text(
                "BOOKSTORE_SPEC_DIR",
                str(Path(__file__).parents[2] / "spec"),
                lambda path: (Path(path) / "openapi.yaml").is_file(),
                "be the folder of openapi.yaml",
            )
        ),
        currency=read.text(
            "BOOKSTORE_CURRENCY",
            "EUR",
            lambda code: len(code) == 3 and code.isascii() and code.isalpha() and code.isupper(),
            "be an ISO 4217 code",
        ),
        access_token_seconds=read.integer("BOOKSTORE_ACCESS_TOKEN_SECONDS", 900, 1, 86400),
        refresh_token_seconds=read.integer("BOOKSTORE_REFRESH_TOKEN_SECONDS", 2592000, 1, 31536000),
        order_expiry_seconds=read.integer("BOOKSTORE_ORDER_EXPIRY_SECONDS", 86400, 1, 31536000),
        payment_url=read.text(
            "BOOKSTORE_PAYMENT_URL",
            "http://127.0.0.1:8900",
            _is_http_url,
            "be http://host:port or https://host",
        ).rstrip("/"),
        payment_api_key=read.text(
            "BOOKSTORE_PAYMENT_API_KEY",
            SANDBOX_API_KEY if development else "",
            lambda key: bool(key) and key.isascii() and key.isprintable() and " " not in key,
            "be set to the shop's key at the payment provider",
        ),
        payment_webhook_secrets=tuple(
            read.text(
                "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS",
                SANDBOX_WEBHOOK_SECRET if development else "",
                lambda secrets: bool(secrets.split()) and all(map(_is_secret, secrets.split())),
                "be set to Standard Webhooks secrets of at least 24 bytes",
            ).split()
        ),
        payment_timeout_seconds=read.integer("BOOKSTORE_PAYMENT_TIMEOUT_SECONDS", 10, 1, 60),
        login_limit_account=read.integer("BOOKSTORE_LOGIN_LIMIT_ACCOUNT", 10, 1, 1000000),
        login_limit_address=read.integer("BOOKSTORE_LOGIN_LIMIT_ADDRESS", 100, 1, 1000000),
        login_window_seconds=read.integer("BOOKSTORE_LOGIN_WINDOW_SECONDS", 900, 1, 86400),
        trusted_proxies=read.integer("BOOKSTORE_TRUSTED_PROXIES", 0, 0, 10),
        drain_seconds=read.integer("BOOKSTORE_DRAIN_SECONDS", 0, 0, 3600),
        log_level=read.choice("BOOKSTORE_LOG_LEVEL", "info", *LOG_LEVELS),
        debug_timing=read.choice("BOOKSTORE_DEBUG_TIMING", "0", "0", "1") == "1",
        metrics_port=read.integer("BOOKSTORE_METRICS_PORT", 0, 0, 65_535),
    )
    if read.wrong:
        raise SettingsError("; ".join(read.wrong))
    return settings


@cache
def current_settings() -> Settings:
    """The process's settings, read once."""
    return read_settings(os.environ)


def _is_database_url(url: str) -> bool:
    if url.startswith("sqlite:///"):
        return len(url) > len("sqlite:///")
    return url.startswith("postgresql://") and len(url) > len("postgresql://")


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_secret(secret: str) -> bool:
    encoded = secret.removeprefix("whsec_")
    try:
        return len(b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)) >= 24
    except ValueError:
        return False
