"""SQLite's disk is full: covers lie in the database (storage.md), and so does all else."""

import sqlite3

import pytest

from harness.branch import open_branch
from harness.databases import SQLITE
from harness.target import Ground
from test_faults.disk import holds_without_room

pytestmark = pytest.mark.slow


def test_covers_that_do_not_fit_leave_nothing_behind(ground: Ground) -> None:
    if ground.databases.kind != "sqlite":
        pytest.skip("PostgreSQL's disk is that of its own process: test_postgres.py")
    with open_branch(ground, "full", workers=2, pays=False) as branch:
        assert branch.server.process
        holds_without_room(branch, branch.server.process)
        database = sqlite3.connect(branch.server.database_url.removeprefix(SQLITE))
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
