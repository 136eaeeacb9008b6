"""What the service shows of itself: the contract, and a page that draws it with Swagger UI."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from ..errors import NotFound
from ..http import content_tag
from ..settings import current_settings

STYLE, SCRIPT = "text/css", "text/javascript"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is sent."""

    content: bytes
    content_type: str
    etag: str


@cache
def contract() -> Document:
    return _read(current_settings().spec_dir / "openapi.yaml", "application/yaml")


@cache
def page() -> Document:
    """The page that draws it."""
    return _read(current_settings().spec_dir / "docs" / "index.html", "text/html")


@cache
def asset(name: str) -> Document:
    """A file that the page loads.

    Raises:
        NotFound: it loads no such file.
    """
    match name:
        case "initializer.js":
            return _read(current_settings().spec_dir / "docs" / name, SCRIPT)
        case "swagger-ui-bundle.js":
            return _read(_viewer(name), SCRIPT)
        case "swagger-ui.css":
            return _read(_viewer(name), STYLE)
        case _:
            raise NotFound


def _viewer(name: str) -> Traversable:
    return resources.files("flask_swagger_ui") / "dist" / name


def _read(file: Traversable, content_type: str) -> Document:
    content = file.read_bytes()
    return Document(content, content_type, content_tag(content))
