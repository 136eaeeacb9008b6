"""Links to code by name: `[app.py:create_app](../impl_flask/bookstore/app.py#L58)`.

workbench/.venv/bin/python -m workbench.code_links     # brings every line number up to date
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from workbench import ROOT
from workbench.documents import DocumentError

LINK = re.compile(
    r"\[`?(?P<shown>[\w/.]*\.py):(?P<name>[\w.]+)`?\]\((?P<path>[^)#\s]+)(#L(?P<line>\d+))?\)"
)


def main() -> int:
    """Rewrite what is out of date; return the exit status."""
    try:
        for file in documents():
            text = file.read_text()
            if (current := brought_up_to_date(file, text)) != text:
                file.write_text(current)
                print(file.relative_to(ROOT))
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def documents() -> list[Path]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return [file for file in files if file.is_file()]


def brought_up_to_date(file: Path, text: str) -> str:
    """A document's text with the lines that its code has now.

    Raises DocumentError for a name that its file does not have.
    """

    def link(found: re.Match[str]) -> str:
        code = (file.parent / found["path"]).resolve()
        if not code.as_posix().endswith(found["shown"]):
            raise DocumentError(f"{file.relative_to(ROOT)}: {found[0]} leads to another file")
        return found[0].replace(
            found["path"], f"{found['path']}#L{line_of(code, found['name'])}", 1
        )

    return LINK.sub(lambda found: link(_without_line(found)), text)


def line_of(code: Path, name: str) -> int:
    """Where a Python file defines a name, `Class.method` included. Raises DocumentError."""
    try:
        return _definitions(code)[name]
    except (OSError, KeyError):
        raise DocumentError(f"{code.relative_to(ROOT)} has no {name}") from None


@cache
def _definitions(code: Path) -> dict[str, int]:
    return dict(_named(ast.parse(code.read_text()).body, ""))


def _named(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, int]]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield prefix + node.name, node.lineno
                if isinstance(node, ast.ClassDef):
                    yield from _named(node.body, f"{prefix}{node.name}.")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name, node.lineno


def _without_line(found: re.Match[str]) -> re.Match[str]:
    bare = re.sub(r"#L\d+\)$", ")", found[0])
    again = LINK.fullmatch(bare)
    if again is None:
        raise DocumentError(f"{found[0]} is no link to code")
    return again


if __name__ == "__main__":
    sys.exit(main())
