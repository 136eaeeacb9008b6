"""The command line of `payment-sandbox`."""

import argparse
import asyncio
import signal
import sqlite3
import sys

from aiohttp import web

from sandbox.app import make_app
from sandbox.logs import log
from sandbox.settings import Settings, SettingsError

SHUTDOWN_SECONDS = 1.0


def main() -> int:
    """Run the command and return its exit status; print an error as one line on stderr."""
    choice = arguments()
    try:
        asyncio.run(serve(Settings.from_environment(), choice.host, choice.port))
    except (SettingsError, OSError, OverflowError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"payment-sandbox: {reason}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="payment-sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("serve", help="serve until SIGTERM or Ctrl-C")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8900)
    return parser.parse_args()


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal arrives, then give requests in flight one second to finish."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(make_app(settings), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log("listening", url=f"http://{host}:{runner.addresses[0][1]}")
        await stop.wait()
    finally:
        await runner.cleanup()
