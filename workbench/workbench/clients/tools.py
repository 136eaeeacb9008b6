"""The generators: how each one makes a client, checks it, and buys a book with it."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench import ROOT, VAR

FOLDER = ROOT / "workbench" / "clients"
"""It has the pinned tools, and for each generator a folder with a program that buys a book."""

BIN = FOLDER / ".venv" / "bin"
NODE_BIN = FOLDER / "node_modules" / ".bin"

CONTRACT = "../../../spec/openapi.yaml"
"""The contract, relative to the folder of a tool."""

JAKARTA = Path("/usr/share/java/jakarta-annotation-api.jar")
"""The annotations that the Java client needs, where Debian installs them."""


@dataclass(frozen=True)
class Tool:
    """A generator. Its commands run in its own folder, and write to `generated/`."""

    name: str
    package: str
    """The package that contains it, on PyPI or npm."""
    generate: str
    compile: tuple[str, ...]
    buy: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables that the commands need in their environment."""
    quick: bool = False
    """Whether `TOOLS=quick` includes it."""
    group: str = ""
    """The generator, if it makes clients in several languages."""

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def generated(self) -> Path:
        return self.folder / "generated"

    @property
    def version(self) -> str:
        """The version that the lock file or package.json pins."""
        return pinned()[self.package]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: the pinned programs come first on the PATH."""
        path = os.pathsep.join([str(BIN), str(NODE_BIN), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "NO_COLOR": "1", "NO_PROXY": "*", **self.settings}


def pinned() -> dict[str, str]:
    """Return the version of each pinned package."""
    manifest = json.loads((FOLDER / "package.json").read_text())
    requirements = (FOLDER / "requirements.txt").read_text()
    return {
        **dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", requirements, re.MULTILINE)),
        **manifest["dependencies"],
        **manifest["devDependencies"],
    }


def openapi_generator(generator: str, *options: str) -> str:
    """Return the command that makes a client with openapi-generator."""
    return " ".join(
        ["openapi-generator-cli generate", f"-i {CONTRACT} -g {generator} -o generated", *options]
    )


def java_class_path() -> str:
    """Return the class path of the Java client: the generator's own jar contains Jackson."""
    jars = BIN.parent.glob("lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar")
    return os.pathsep.join(map(str, [*jars, JAKARTA, "generated/classes"]))


def missing(tool: Tool) -> str:
    """Say what this machine lacks to compile a client; empty if it lacks nothing."""
    if tool.name == "java" and not (shutil.which("javac") and JAKARTA.exists()):
        return (
            f"javac and {JAKARTA} are needed: install Debian's packages\n"
            "    default-jdk-headless and libjakarta-annotation-api-java"
        )
    return ""


PYTHON = {
    "PYTHONPATH": "generated",
    "MYPYPATH": "generated",
    "MYPY_CACHE_DIR": str(VAR / "clients" / "mypy"),
}

# README.md in FOLDER gives the reason of each option.
TOOLS = (
    Tool(
        "openapi-python-client",
        package="openapi-python-client",
        generate=f"openapi-python-client generate --path {CONTRACT} --meta none "
        "--output-path generated/bookstore_client",
        compile=("mypy --config-file= --strict buy.py generated",),
        buy="python buy.py",
        settings=PYTHON,
        quick=True,
    ),
    Tool(
        "openapi-typescript",
        package="openapi-typescript",
        generate=f"openapi-typescript {CONTRACT} -o generated/schema.ts",
        compile=("tsc",),
        buy="tsx buy.ts",
        quick=True,
    ),
    Tool(
        "hey-api",
        package="@hey-api/openapi-ts",
        generate="openapi-ts",
        compile=("tsc",),
        buy="tsx buy.ts",
        quick=True,
    ),
    Tool(
        "orval",
        package="orval",
        generate="orval",
        compile=("tsc",),
        buy="tsx buy.ts",
    ),
    Tool(
        "python",
        package="openapi-generator-cli",
        group="openapi-generator",
        generate=openapi_generator(
            "python", "--additional-properties=packageName=bookstore_client"
        ),
        compile=(
            "mypy --config-file generated/pyproject.toml -p bookstore_client",
            "mypy --config-file= --strict --follow-imports=silent buy.py",
        ),
        buy="python buy.py",
        settings=PYTHON,
    ),
    Tool(
        "typescript-fetch",
        package="openapi-generator-cli",
        group="openapi-generator",
        generate=openapi_generator("typescript-fetch"),
        compile=("tsc",),
        buy="tsx buy.ts",
    ),
    Tool(
        "go",
        package="openapi-generator-cli",
        group="openapi-generator",
        generate=openapi_generator(
            "go",
            "--additional-properties=packageName=bookstore,enumClassPrefix=true,withGoMod=false",
        ),
        compile=("go build -o generated/buy .", "go vet . ./generated"),
        buy="generated/buy",
        settings={"GOTOOLCHAIN": "local", "GOPROXY": "off"},
    ),
    Tool(
        "java",
        package="openapi-generator-cli",
        group="openapi-generator",
        generate=openapi_generator(
            "java",
            "--library native",
            "--additional-properties="
            "containerDefaultToNull=true,openApiNullable=false,useJakartaEe=true",
        ),
        compile=("javac -d generated/classes Buy.java $(find generated/src/main -name '*.java')",),
        buy="java Buy",
        settings={"CLASSPATH": java_class_path()},
    ),
)

MOCK = Tool(
    "prism",
    package="@stoplight/prism-cli",
    generate="",
    compile=(),
    buy="python browse.py",
)
"""A mock server. Its program reads books instead of buying one."""
