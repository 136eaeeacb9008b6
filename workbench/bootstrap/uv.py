"""Run uv with the package index, proxy and certificates that pip uses.

uv does not read the settings of pip. Without this script, a user behind a company's mirror would
have to configure uv as well as pip. A `UV_…` variable that is already set has precedence.
"""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Every package is installed by hash, so it does not matter which index a file comes from.
SETTINGS = {
    # Compile once here: with PYTHONDONTWRITEBYTECODE, each start of a server would compile again.
    "UV_COMPILE_BYTECODE": "1",
    "UV_INDEX_STRATEGY": "unsafe-best-match",
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}

# pip's option -> uv's variable
OPTIONS = {
    "cert": "SSL_CERT_FILE",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "no-index": "UV_NO_INDEX",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
}

# The prefixes of `pip config list`, in ascending precedence
SECTIONS = ("global.", "install.", ":env:.")


def pip_options() -> dict[str, str]:
    """Return the options of `pip install` from pip's configuration files and `PIP_…` variables."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    options = {}
    for section in SECTIONS:
        for line in listed.stdout.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                options[name.removeprefix(section)] = value.strip("'\"").replace("\\n", " ").strip()
    return options


def environment() -> Iterator[tuple[str, str]]:
    """Yield the variables that make uv use pip's settings."""
    yield from SETTINGS.items()
    options = pip_options()
    for bundle in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # pip reads these, uv does not
        if bundle in os.environ:
            options.setdefault("cert", os.environ[bundle])
    for option, variable in OPTIONS.items():
        if option in options:
            yield variable, options[option]
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:  # a slim container has none; uv then uses its own certificates
        yield "UV_SYSTEM_CERTS", "1"


def main() -> None:
    for variable, value in environment():
        os.environ.setdefault(variable, value)
    uv = Path(sys.executable).with_name("uv")
    os.execv(uv, [str(uv), "--quiet", *sys.argv[1:]])


if __name__ == "__main__":
    main()
