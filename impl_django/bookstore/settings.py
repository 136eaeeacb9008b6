"""Django's settings; what an operator can choose comes from `environment`."""

from typing import Any
from urllib.parse import unquote, urlsplit

from .environment import current_settings

SQLITE_PRAGMAS = (
    "PRAGMA foreign_keys=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
    "PRAGMA busy_timeout=10000"
)


def database_settings(url: str, pool_size: int) -> dict[str, Any]:
    """Django's settings for the database that `url` names (runtime.md, BOOKSTORE_DATABASE_URL)."""
    if url.startswith("sqlite:///"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "CONN_MAX_AGE": None,  # Opening a connection costs more than a read.
            # IMMEDIATE: a transaction that first reads and then writes could fail to get the lock.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "init_command": SQLITE_PRAGMAS,
                "timeout": 10,
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "bookstore.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {
            # The pool retries a failed connection with growing pauses, and starts again after
            # `reconnect_timeout`: a database can be back for that long before the pool notices.
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": 5, "reconnect_timeout": 4},
            "server_side_binding": True,
            "prepare_threshold": 5,
            "connect_timeout": 5,
            # lock_timeout: the queue for one book may be long, and SQLite's busy_timeout is the
            # same. plan_cache_mode: a plan for any search word would not use the trigram index.
            "options": "-c lock_timeout=10000 -c plan_cache_mode=force_custom_plan",
        },
    }


def replica_settings(url: str, pool_size: int) -> dict[str, Any]:
    """Django's settings for a replica: it fails early enough for the primary to answer instead."""
    settings = database_settings(url, pool_size)
    settings["OPTIONS"]["pool"]["timeout"] = 2
    return {**settings, "CONN_HEALTH_CHECKS": True}


chosen = current_settings()
LOGGING_CONFIG = None  # wsgi.py and cli.py say where logs go

SECRET_KEY = chosen.secret_key
DEBUG = False
ALLOWED_HOSTS = ["*"]  # no answer is made from the Host header
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False  # a trailing slash is another path
# With the default of 1000, more query parameters are a 400, but unknown parameters are a 422.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATABASES = {"default": database_settings(chosen.database_url, chosen.database_pool_size)}
if chosen.database_replica_url:
    DATABASES["replica"] = replica_settings(chosen.database_replica_url, chosen.database_pool_size)
    DATABASE_ROUTERS = ["bookstore.replica.ReplicaRouter"]
ROOT_URLCONF = "bookstore.urls"

INSTALLED_APPS = [
    "bookstore",
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py finds its pages; commands need none.
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]

# The admin site's middleware steps aside for every other path: the API has no cookies to care for.
MIDDLEWARE = [
    "bookstore.middleware.ServiceMiddleware",
    "bookstore.middleware.AdminStaticMiddleware",
    "bookstore.middleware.AdminSessionMiddleware",
    "bookstore.middleware.AdminCsrfMiddleware",
    "bookstore.middleware.AdminAuthenticationMiddleware",
    "bookstore.middleware.AdminMessageMiddleware",
    "bookstore.middleware.AdminFrameMiddleware",
]

if chosen.database_replica_url:
    MIDDLEWARE.insert(1, "bookstore.replica.ReplicaMiddleware")
if chosen.debug_timing:
    MIDDLEWARE.insert(1, "bookstore.timing.TimingMiddleware")

AUTH_USER_MODEL = "bookstore.User"
AUTHENTICATION_BACKENDS = ["bookstore.accounts.backends.LimitedBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["bookstore.accounts.tokens.SharedArgon2Hasher"]
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = chosen.refresh_token_seconds
STATIC_URL = "/admin/static/"
WHITENOISE_USE_FINDERS = True  # from where they are installed; nothing to collect

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "bookstore.errors.answer_in_view",
    "UNAUTHENTICATED_USER": None,
}
