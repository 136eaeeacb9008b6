"""A disk without room, for some processes and for a while: no file of theirs may grow."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness import pictures
from harness.branch import Branch
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.processes import Process

ROOM = (1 << 20) + 1000
"""Bytes a file may have: those of a new shop are smaller, and a log of PostgreSQL's is 1 MiB."""

SMALL = pictures.png()
LARGE = pictures.noise(1400, 1400)
"""A cover within the contract's limits that does not fit."""


@contextmanager
def full_disk(process: Process) -> Iterator[None]:
    """No file that it, or what it has started, writes to may become larger than ROOM."""
    program = shutil.which("prlimit")
    if program is None:
        pytest.skip("without prlimit, which is Linux's, no disk can be made to look full")

    def limit(room: str) -> None:
        for pid in process.family():
            # As the process's own user: not every root may change what others may.
            command = [program, "--pid", str(pid), f"--fsize={room}:"]
            subprocess.run(command, check=True, user=process.user)

    limit(str(ROOM))
    try:
        yield
    finally:
        limit("unlimited")


def put_cover(admin: Client, book: Json, content: bytes, **headers: str) -> Json:
    """The answer to a first cover, or to one in the place of another (If_Match)."""
    conditions = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Content-Type": "image/png", **(conditions or {"If-None-Match": "*"})}
    return admin.put(f"/books/{book['id']}/cover", content=content, headers=sent)


def holds_without_room(branch: Branch, writer: Process) -> None:
    """Covers that do not fit are refused without a trace, and fit once there is room."""
    admin, sales = branch.admin, branch.sales
    bare, covered = sales.book(), sales.book()
    succeeded(put_cover(admin, covered, SMALL), 201)
    paths = [f"/books/{book['id']}" for book in (bare, covered)]
    before = [succeeded(admin.get(path)).json() for path in paths]
    tag = admin.etag(f"{paths[1]}/cover")
    with full_disk(writer):
        for _ in range(2):
            refused(put_cover(admin, bare, LARGE), 503, "service-unavailable")
            answer = put_cover(admin, covered, LARGE, If_Match=tag)
            refused(answer, 503, "service-unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        assert [succeeded(admin.get(path)).json() for path in paths] == before
        assert succeeded(admin.get(f"{paths[1]}/cover")).content == SMALL
        refused(admin.get(f"{paths[0]}/cover"), 404, "not-found")
    succeeded(put_cover(admin, covered, LARGE, If_Match=tag), 200)
    succeeded(put_cover(admin, bare, LARGE), 201)
    for path in paths:
        assert succeeded(admin.get(f"{path}/cover")).content == LARGE
