"""What the reader's tests share: it is read, and its pages are built, once for all of them."""

from pathlib import Path

import pytest
from reader_checkout import make

from workbench.reader import site
from workbench.reader.repository import Repository


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The sources of this checkout, with results of a bad run of Django and none of FastAPI."""
    return Repository(make(tmp_path_factory.mktemp("checkout"), without_run="fastapi"))


@pytest.fixture(scope="session")
def pages(repository: Repository) -> Path:
    """The folder of its pages."""
    return site.build(repository, repository.root / "site").parent
