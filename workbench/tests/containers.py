"""`docker compose` in a project of the tests' own, on ports that nobody else has."""

import os
import subprocess

from workbench import ROOT
from workbench.processes import free_port

SHOPS = {"flask": 8001, "fastapi": 8002, "django": 8003}
"""Where the documents show each; the gateway of the three is at 8000."""

PORTS = {
    "BOOKSTORE_PORT": 8000,
    **{f"BOOKSTORE_{shop.upper()}_PORT": port for shop, port in SHOPS.items()},
}
HERE = {port: free_port() for port in PORTS.values()}
"""The port that stands for each of these in this run."""

ENVIRONMENT = {
    **os.environ,
    "COMPOSE_PROJECT_NAME": "bookstore-tested",
    **{name: str(HERE[port]) for name, port in PORTS.items()},
}
BASES = ("python:3.13-slim", "postgres:17", "valkey/valkey:8", "caddy:2")
BUILT = (*SHOPS, "flask-payments", "secrets", "contract-tests")


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command of Docker's, at the root of the repository."""
    return subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=check,
    )


def has_engine() -> bool:
    """Whether an engine runs here, and has what the images are built from."""
    try:
        return not docker("image", "inspect", *BASES, check=False).returncode
    except FileNotFoundError:
        return False


def build() -> None:
    """The project's own images; those that the profile `observability` takes are not its own."""
    docker("compose", "build", *BUILT)


def clear() -> None:
    """End all of the project, and throw its volumes away."""
    docker("compose", "--profile", "*", "down", "--volumes", "--remove-orphans")
