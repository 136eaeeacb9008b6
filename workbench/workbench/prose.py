"""Find wording that a reader has to read twice: comments, docstrings, pages, messages in YAML.

workbench/.venv/bin/python -m workbench.prose README.md .github     # files and folders
workbench/.venv/bin/python -m workbench.prose --staged              # lines that a commit adds

It finds habits of wording, not meaning: text that passes can still be unclear. CONTRIBUTING.md
(Language) has the rules.
"""

import argparse
import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import ROOT

GIT = "git"
SUFFIXES = {".md", ".py", ".yaml", ".yml", ".toml", ".sh", ""}
"""Of the files that are checked. Makefile, Dockerfile and .ci/run have no suffix."""

RULES = [
    (
        r"(?<![Tt]here )\b(is|are|was|were|be) no (?!(longer|more|less|one|need|other)\b)[\w`]",
        "write `is not a …`, not `is no …`",
    ),
    (
        r"\b([Nn]obody|[Ss]omebody|[Aa]nybody|[Ee]verybody|[Ww]hoever)\b",
        "name the actor: the client, the worker, the transaction, the reader",
    ),
    (
        r"(^|[.;:(] )Who (?!is\b|are\b|may\b)[a-z]+",
        "name the actor instead of starting with `Who`",
    ),
    (
        r"\bas (the |its |their )?[\w.`]+ (has|have) (it|them)\b",
        "write `as … specifies` or `as … does`",
    ),
    (
        r"\b(anew|mend(s|ed)?|seldom|ever more|in vain|hitherto|thereof|comes? about)\b",
        "use a current word",
    ),
    (
        r"\b(nothing (more )?to say|state of things|in its turn|by nature|at hand)\b",
        "use the field's term instead of a figure of speech",
    ),
]
COMPILED = [(re.compile(pattern), advice) for pattern, advice in RULES]

FRAGMENT = re.compile(
    r"(Of|From|As|Its|One|Those|Nothing|It|That|These|Likewise)\b|Whether it\b|The same\b"
)
OPERATION_ID = re.compile(r"[a-z]+[A-Z]\w*\.")
"""The whole docstring of a view: the operation that it serves."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TOOL_COMMENT = re.compile(r"#\s*(noqa|type:|fmt:|pragma)")
HUNK = re.compile(r"^@@ \S+ \+(?P<first>\d+)(,(?P<count>\d+))? @@", re.MULTILINE)
FEW_WORDS = 3


@dataclass(frozen=True)
class Prose:
    """A line of prose, and whether it is the first line of a docstring."""

    number: int
    text: str
    opens_docstring: bool = False


@dataclass(frozen=True)
class Finding:
    """A line to rewrite."""

    number: int
    advice: str
    text: str


def main() -> int:
    """Print each finding; return 1 if there is one."""
    parser = argparse.ArgumentParser(prog="workbench.prose", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["."], help="files and folders")
    parser.add_argument("--staged", action="store_true", help="only lines that are added")
    options = parser.parse_args()
    if missing := [path for path in options.paths if not (ROOT / path).exists()]:
        parser.error(f"there is no {missing[0]}")
    checked = staged() if options.staged else whole(options.paths)
    found = False
    for name, text, lines in checked:
        for finding in findings(name, text):
            if lines is None or finding.number in lines:
                found = True
                print(f"{name}:{finding.number}: {finding.advice}: {finding.text}")
    return int(found)


def whole(paths: list[str]) -> Iterator[tuple[str, str, None]]:
    """Yield the name and the text of each file under some paths that git does not ignore."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    for name in sorted(set(listed.split("\0"))):
        file = ROOT / name
        if name and file.suffix in SUFFIXES and file.is_file():
            yield name, file.read_text(errors="replace"), None


def staged() -> Iterator[tuple[str, str, set[int]]]:
    """Yield the name, the staged text and the added lines of each file of the next commit."""
    for name in git("diff", "--cached", "--name-only", "--diff-filter=d", "-z").split("\0"):
        if name and Path(name).suffix in SUFFIXES:
            changes = git("diff", "--cached", "--unified=0", "--", name)
            yield name, git("show", f":{name}"), added(changes)


def added(diff: str) -> set[int]:
    """Return the numbers of the lines that a diff without context adds."""
    lines: set[int] = set()
    for hunk in HUNK.finditer(diff):
        first = int(hunk["first"])
        lines |= set(range(first, first + int(hunk["count"] or 1)))
    return lines


def git(*arguments: str) -> str:
    """Return what git prints, with a replacement for bytes that are not UTF-8."""
    done = subprocess.run([GIT, *arguments], cwd=ROOT, capture_output=True, check=True)
    return done.stdout.decode(errors="replace")


def findings(name: str, text: str) -> Iterator[Finding]:
    """Yield what to rewrite in a file, line by line."""
    for line in python_prose(text) if name.endswith(".py") else text_prose(name, text):
        if line.opens_docstring:
            advice = docstring_fault(line.text)
            if advice:
                yield Finding(line.number, advice, line.text)
        for pattern, advice in COMPILED:
            if pattern.search(line.text):
                yield Finding(line.number, advice, line.text)


def docstring_fault(first_line: str) -> str:
    """Return what is wrong with the first line of a docstring, or an empty string."""
    if OPERATION_ID.fullmatch(first_line):
        return ""
    if len(re.findall(r"[A-Za-z]{2,}", first_line)) < FEW_WORDS:
        return "a docstring that repeats the name: delete it, or write what it does"
    if FRAGMENT.match(first_line):
        return "a docstring that depends on the line above it: write a whole sentence"
    return ""


def text_prose(name: str, text: str) -> Iterator[Prose]:
    """Yield the lines of a page, a script or YAML; of Markdown without its code."""
    is_markdown, in_code = name.endswith(".md"), False
    for number, line in enumerate(text.splitlines(), 1):
        if is_markdown and line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            shown = re.sub(r"`[^`]*`", "`…`", line) if is_markdown else line
            yield Prose(number, shown.strip())


def python_prose(text: str) -> Iterator[Prose]:
    """Yield the lines of a module's docstrings and comments; nothing if it cannot be parsed."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return
    for node in nodes:
        if isinstance(node, DOCUMENTED) and (docstring := ast.get_docstring(node, clean=False)):
            for offset, line in enumerate(docstring.splitlines()):
                number = node.body[0].lineno + offset
                yield Prose(number, line.strip(), opens_docstring=not offset)
    for token in tokens:
        if token.type == tokenize.COMMENT and not TOOL_COMMENT.match(token.string):
            yield Prose(token.start[0], token.string.lstrip("# "))


if __name__ == "__main__":
    sys.exit(main())
