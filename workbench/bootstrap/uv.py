"""Run uv with the package index, proxy and certificates that pip uses.

uv reads none of pip's settings. Whoever has a pip that works, behind a company's mirror for
instance, would otherwise have to tell uv the same things once more. A `UV_…` variable that is
already set wins.
"""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Every package is installed by hash, so it does not matter which index a file comes from.
SETTINGS = {
    # Written once here, not at each start of a server where PYTHONDONTWRITEBYTECODE is set.
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

# What `pip config list` prefixes an option with, the weakest first
SECTIONS = ("global.", "install.", ":env:.")


def pip_options() -> dict[str, str]:
    """Pip's options for `pip install`, from its configuration files and `PIP_…` variables."""
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
    """Each variable that makes uv behave as pip does here."""
    yield from SETTINGS.items()
    options = pip_options()
    for bundle in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # pip obeys these, uv does not
        if bundle in os.environ:
            options.setdefault("cert", os.environ[bundle])
    for option, variable in OPTIONS.items():
        if option in options:
            yield variable, options[option]
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:  # a slim container has none: uv's own certificates serve there
        yield "UV_SYSTEM_CERTS", "1"


def main() -> None:
    for variable, value in environment():
        os.environ.setdefault(variable, value)
    uv = Path(sys.executable).with_name("uv")
    os.execv(uv, [str(uv), "--quiet", *sys.argv[1:]])


if __name__ == "__main__":
    main()
