"""Each shop as a person with Docker gets it; only where there is an engine with the base images."""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from workbench import ROOT
from workbench.processes import free_port

SHOPS = ("flask", "fastapi", "django")
BASES = ("python:3.13-slim", "postgres:17", "valkey/valkey:8", "caddy:2")
HEALTHY_SECONDS = 60


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Docker's command, in a project of this test's own, on ports that nobody else has."""
    return subprocess.run(
        ["docker", *arguments],  # noqa: S607  # wherever it is
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=check,
    )


PORTS = ("BOOKSTORE_PORT", *(f"BOOKSTORE_{shop.upper()}_PORT" for shop in SHOPS))
ENVIRONMENT = {
    "COMPOSE_PROJECT_NAME": "bookstore-tested",
    **{variable: str(free_port()) for variable in PORTS},
}


def has_images() -> bool:
    """Whether an engine runs here, and has what the images are built from."""
    try:
        return not docker("image", "inspect", *BASES, check=False).returncode
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(
    not has_images(), reason="there is no container engine with the base images here"
)


@pytest.fixture(scope="module")
def images() -> Iterator[None]:
    docker("compose", "build", *SHOPS, "flask-payments", "secrets", "contract-tests")
    yield
    docker("compose", "--profile", "*", "down", "--volumes", "--remove-orphans")


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("shop", SHOPS)
def test_a_shop_comes_up_runs_as_nobody_and_holds_the_contract(shop: str) -> None:
    began = time.monotonic()
    docker("compose", "up", "--detach", "--wait", shop)
    assert time.monotonic() < began + HEALTHY_SECONDS
    containers = docker("compose", "ps", "--quiet").stdout.split()
    for container in containers:
        lines = docker("top", container, "-eo", "pid,uid,args").stdout.splitlines()[1:]
        assert lines
        roots = [line for line in lines if line.split()[1] == "0"]
        # PostgreSQL's image lets its own health check run as root, and nothing that lasts.
        assert [line for line in roots if "pg_isready" not in line] == []
    suite = ("compose", "run", "--rm", "contract-tests", "--profile", "smoke")
    done = docker(*suite, "--base-url", f"http://{shop}:8000", check=False)
    assert not done.returncode, done.stdout[-5000:]
