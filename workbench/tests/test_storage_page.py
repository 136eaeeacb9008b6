"""The Python code of spec/storage.md runs, and its assertions hold."""

from workbench import ROOT

PAGE = ROOT / "spec" / "storage.md"


def code_of(page: str) -> str:
    """Return the Python blocks of a page. Other lines are empty, so that line numbers match."""
    lines, inside = [], False
    for line in page.splitlines():
        inside = line == "```python" or (inside and line != "```")
        lines.append(line if inside and line != "```python" else "")
    return "\n".join(lines)


def test_the_code_of_the_storage_page_holds() -> None:
    code = code_of(PAGE.read_text("utf-8"))
    assert "assert " in code
    exec(compile(code, PAGE, "exec"), {})  # noqa: S102 -- the page is ours
