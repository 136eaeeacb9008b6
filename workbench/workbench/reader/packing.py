"""Compress sections, which the pages decompress when they are shown: to a tenth of the size."""

import gzip
import json
from base64 import b64encode


def packed(name: str, html: str) -> tuple[str, str]:
    """Return the address and the text of a script that hands the section to `reader.js`.

    A single surrogate, which some cases send, becomes an escape sequence.
    """
    content = b64encode(gzip.compress(html.encode(errors="backslashreplace"), mtime=0)).decode()
    return address(name), f'packed[{json.dumps(name)}]="{content}"\n'


def address(name: str) -> str:
    """Return the address of a section's script."""
    return f"assets/packed/{name}.js"
