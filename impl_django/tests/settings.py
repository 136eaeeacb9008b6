"""Django's settings for unit tests and mypy, which have no environment to read."""

import os

os.environ["BOOKSTORE_ENV"] = "development"

from bookstore.settings import *  # noqa: F403 -- a settings module has many names
