"""Fixtures of the tests that send raw bytes."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from harness import formats, options
from harness.client import Client, succeeded
from harness.target import Target
from test_wire.author_request import AuthorRequest


@pytest.fixture
def author(staff: Client) -> AuthorRequest:
    """A raw request that creates an author with a new name."""
    return AuthorRequest(staff, formats.word(), formats.word())


@pytest.fixture
def url(target: Target) -> str:
    """The base URL of the main server."""
    if not target.base_url.startswith("http://"):
        pytest.skip("speaks HTTP over TCP, and this server wants TLS")
    return target.base_url


@pytest.fixture(autouse=True)
def first_hop(request: pytest.FixtureRequest, anyone: Client) -> None:
    """Skip tests of messages that a gateway in front of the server answers (RFC 9110, 7.6.3)."""
    matters = options.chosen().elsewhere and request.node.get_closest_marker("first_hop")
    if matters and "Via" in anyone.get("/health/live").headers:
        pytest.skip("a gateway takes the connection (`Via`): aim at the server behind it")


@pytest.fixture(autouse=True)
def next_client_is_served(target: Target) -> Iterator[None]:
    """Check after each test that the server responds on a new connection."""
    yield
    with closing(Client(target.base_url)) as client:
        succeeded(client.get("/health/live"), 200)
