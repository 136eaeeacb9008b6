"""The shops work in containers, if this machine has a container engine with the base images."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import containers
import httpx
import pytest
from containers import ENVIRONMENT, HERE, SHOPS, docker

from workbench import ROOT
from workbench.documents import blocks
from workbench.processes import POLL_SECONDS

HEALTHY_SECONDS = 60
STARTED_SECONDS = 180
"""How long several shops may take to start at the same time."""

pytestmark = pytest.mark.skipif(
    not containers.has_engine(), reason="this machine has no container engine with the base images"
)


@pytest.fixture(scope="module", autouse=True)
def images() -> Iterator[None]:
    containers.build()
    yield
    containers.clear()


@pytest.mark.parametrize("shop", SHOPS)
def test_a_shop_starts_without_root_and_holds_the_contract(shop: str) -> None:
    began = time.monotonic()
    docker("compose", "up", "--detach", "--wait", shop)
    assert time.monotonic() < began + HEALTHY_SECONDS
    for container in docker("compose", "ps", "--quiet").stdout.split():
        lines = docker("top", container, "-eo", "pid,uid,args").stdout.splitlines()[1:]
        assert lines
        roots = [line for line in lines if line.split()[1] == "0"]
        # The health check of PostgreSQL's image runs as root, but only for a moment.
        assert [line for line in roots if "pg_isready" not in line] == []
    suite = ("compose", "run", "--rm", "contract-tests", "--profile", "smoke")
    done = docker(*suite, "--base-url", f"http://{shop}:8000", check=False)
    assert not done.returncode, done.stdout[-5000:]


def shown(*documents: str) -> list[str]:
    """Return the `docker compose up` commands of documents, which run until they are stopped."""
    lines = [
        line.partition("#")[0].strip()
        for name in documents
        for block in blocks(ROOT / name)
        for line in block.text.splitlines()
    ]
    return sorted({line for line in lines if re.match("docker compose .*up", line)})


COMMANDS = shown("README.md", "deploy/README.md")
WATCHED = [line for line in COMMANDS if "observability" in line]


@contextmanager
def in_the_foreground(command: str, log: Path) -> Iterator[None]:
    """Run a command until the end of the block, and stop it with Ctrl-C.

    The exit status is not checked: it depends on the version of Compose.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command.split(), cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STARTED_SECONDS)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + STARTED_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def serves(port: int) -> bool:
    """Return whether the search of the README finds a book, at a port of the documents."""
    url = f"http://127.0.0.1:{HERE[port]}/books"
    try:
        response = httpx.get(url, params={"q": "marquez"}, trust_env=False)
    except httpx.HTTPError:
        return False
    return response.is_success and bool(response.json()["items"])


@pytest.mark.parametrize("command", [line for line in COMMANDS if line not in WATCHED])
def test_the_commands_of_the_documents_start_shops(command: str, tmp_path: Path) -> None:
    containers.clear()
    service = command.split(" up")[1].strip()
    ports = [8000] if service == "gateway" else [SHOPS[service]] if service else [*SHOPS.values()]
    with in_the_foreground(command, tmp_path / "log"):
        for port in ports:
            wait_until(partial(serves, port))


RECEIVER = """
import http.server

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        spans = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, self.headers["Content-Type"], b"/books" in spans, flush=True)
        self.send_response(200)
        self.end_headers()

http.server.ThreadingHTTPServer(("", 4318), Receiver).serve_forever()
"""
"""A program that receives traces like a collector, and prints what it received."""

REQUESTING = """
import sys, urllib.request
for url in sys.argv[1:]:
    print(urllib.request.urlopen(url).read().decode())
"""


def on_the_network(*options: str, code: str, arguments: Sequence[str] = ()) -> str:
    """Run Python in a container in the network of the shops; return its output."""
    network = f"{ENVIRONMENT['COMPOSE_PROJECT_NAME']}_front"
    command = ("python:3.13-slim", "python", "-c", code, *arguments)
    return docker("run", "--network", network, *options, *command).stdout


@pytest.fixture
def receiver() -> Iterator[str]:
    """The name for the collector's container, which is removed after the test."""
    name = "bookstore-tested-traces"
    yield name
    docker("rm", "--force", name)


@pytest.mark.parametrize("shop", SHOPS)
def test_a_shop_exports_traces_and_the_metrics_of_the_documents(shop: str, receiver: str) -> None:
    """Run the command of `deploy/README.md` without the containers of Jaeger and Prometheus."""
    containers.clear()
    (command,) = WATCHED
    _, *options = command.partition(" up ")[0].split()
    docker(*options, "up", "--detach", "--wait", shop)
    on_the_network("--detach", "--name", receiver, "--network-alias", "traces", code=RECEIVER)
    urls = [f"http://{shop}:8000/books", f"http://{shop}:9464/metrics"]
    _, metrics = on_the_network("--rm", code=REQUESTING, arguments=urls).split("\n", 1)
    (queries,) = (
        block.text
        for block in blocks(ROOT / "deploy/README.md")
        if "histogram_quantile" in block.text
    )
    assert set(re.findall(r"http_\w+", queries)) <= set(re.findall(r"http_\w+", metrics))
    wait_until(lambda: "/v1/traces application/x-protobuf True" in docker("logs", receiver).stdout)
