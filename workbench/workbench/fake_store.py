"""Run fakeredis as a server: `python -m workbench.fake_store PORT`."""

import sys

from fakeredis import TcpFakeServer


def main() -> None:
    """Serve on a port of loopback until the process is stopped."""
    TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis").serve_forever()


if __name__ == "__main__":
    main()
