"""Serve an ASGI floor: `python -m workbench.bench.floors.serve_asgi fastapi 8000`.

The server and its options are those of `impl_fastapi/bookstore/server.py`. uvicorn itself takes
uvloop and httptools where the environment has them.
"""

import sys

import uvicorn

if __name__ == "__main__":
    name, port = sys.argv[1:]
    uvicorn.run(
        f"workbench.bench.floors.{name}_floor:app",
        host="127.0.0.1",
        port=int(port),
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
