"""Serve a WSGI floor: `python -m workbench.bench.floors.serve_wsgi flask 8000`.

The server and its options are those of `impl_flask/bookstore/server.py`.
"""

import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

if __name__ == "__main__":  # A worker imports this module too.
    name, port = sys.argv[1:]
    Server(
        f"workbench.bench.floors.{name}_floor:app",
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=int(port),
        workers=1,
        blocking_threads=8,
        websockets=False,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(),
        log_level=LogLevels.error,
    ).serve()
