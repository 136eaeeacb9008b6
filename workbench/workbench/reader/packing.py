"""Sections that a page unpacks where they are opened: packed, they are a tenth of their size."""

import gzip
import json
from base64 import b64encode


def packed(name: str, html: str) -> tuple[str, str]:
    """The address of a script, and its text: it leaves the section where `reader.js` finds it.

    Half a surrogate pair, which some cases send, is shown by its number.
    """
    content = b64encode(gzip.compress(html.encode(errors="backslashreplace"), mtime=0)).decode()
    return address(name), f'packed[{json.dumps(name)}]="{content}"\n'


def address(name: str) -> str:
    """Where the script of a section is."""
    return f"assets/packed/{name}.js"
