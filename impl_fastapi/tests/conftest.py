"""The settings that the code under test reads."""

import os

os.environ["BOOKSTORE_ENV"] = "development"
