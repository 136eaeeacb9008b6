"""Check the names in generated code: the contract's names, and none that a generator made up."""

import re
from pathlib import Path

from workbench.processes import FailedError

EXPECTED = ("BookPage", "FieldError", "OrderState", "Problem", "ProblemType")
"""A sample of schemas that each client must name as the contract does."""

DECLARATION = re.compile(
    r"^\s*(?:(?:export|public|static|abstract|final|declare) )*"
    r"(?:class|const|enum|interface|struct|type) (\w+)",
    re.MULTILINE,
)

MADE_UP = re.compile(
    r"Inline\w*|\w*(?:All|Any|One)Of\d*"  # for a schema without a name
    r"|\w+?\d+"  # for the second schema of a name
    r"|Data|Item|Kind|Object|Reason|State|Status|Type|Value"  # for a member, without its schema
)

ALLOWED = re.compile(r"[a-z]\w+Response\d{3}|Nullable(?:Float|Int)\d\d")
"""An answer with a status, in orval's clients, and a number with a size, in Go's."""

SUFFIXES = {".go", ".java", ".py", ".ts"}


def check_names(folder: Path) -> None:
    """Raise `FailedError` if a generated client lacks a name, or has one that was made up."""
    code = "\n".join(
        file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.suffix in SUFFIXES and "test" not in file.relative_to(folder).parts
    )
    if lacking := [name for name in EXPECTED if not re.search(rf"\b{name}\b", code)]:
        raise FailedError(f"The generated code does not contain {', '.join(lacking)}.")
    if bad := made_up(set(DECLARATION.findall(code))):
        raise FailedError(f"The generator made up these names: {', '.join(bad)}.")


def made_up(names: set[str]) -> list[str]:
    """Return the names that say nothing to a reader."""
    return sorted(name for name in names if MADE_UP.fullmatch(name) and not ALLOWED.fullmatch(name))
