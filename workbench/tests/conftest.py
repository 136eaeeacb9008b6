"""Fixtures of the reader's tests: a repository and its pages, built once per session."""

from pathlib import Path

import pytest
from reader_checkout import make

from workbench.reader import site
from workbench.reader.repository import Repository


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The sources of this checkout, with failed results of Django and no results of FastAPI."""
    return Repository(make(tmp_path_factory.mktemp("checkout"), without_run="fastapi"))


@pytest.fixture(scope="session")
def pages(repository: Repository) -> Path:
    """The folder with the pages of the repository."""
    return site.build(repository, repository.root / "site").parent
