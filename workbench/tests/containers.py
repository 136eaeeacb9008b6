"""Run `docker compose` in a separate project, on free ports, for the tests."""

import os
import subprocess

from workbench import ROOT
from workbench.processes import free_port

SHOPS = {"flask": 8001, "fastapi": 8002, "django": 8003}
"""The port of each shop in the documents. Their gateway has port 8000."""

PORTS = {
    "BOOKSTORE_PORT": 8000,
    **{f"BOOKSTORE_{shop.upper()}_PORT": port for shop, port in SHOPS.items()},
}
HERE = {port: free_port() for port in PORTS.values()}
"""The free port that this run uses in place of each port of the documents."""

ENVIRONMENT = {
    **os.environ,
    "COMPOSE_PROJECT_NAME": "bookstore-tested",
    **{name: str(HERE[port]) for name, port in PORTS.items()},
}
BASES = ("python:3.13-slim", "postgres:17", "valkey/valkey:8", "caddy:2")
BUILT = (*SHOPS, "flask-payments", "secrets", "contract-tests")


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of Docker in the root of the repository."""
    return subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=check,
    )


def has_engine() -> bool:
    """Return whether a container engine runs here and has the base images."""
    try:
        return not docker("image", "inspect", *BASES, check=False).returncode
    except FileNotFoundError:
        return False


def build() -> None:
    """Build the images of the repository; the profile `observability` uses public images."""
    docker("compose", "build", *BUILT)


def clear() -> None:
    """Remove all containers, networks and volumes of the project."""
    docker("compose", "--profile", "*", "down", "--volumes", "--remove-orphans")
