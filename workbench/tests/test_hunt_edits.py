"""The edits of the seeded bugs: each applies, in its format, and survives edits elsewhere."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import ROOT
from workbench.hunt.catalogue import Bug, catalogue
from workbench.hunt.edits import Edit, Edits
from workbench.processes import FailedError
from workbench.shops import implementations

BUGS = catalogue()
FILE = "impl_flask/shop.py"
SOUND = "def sell(book):\n    lock(book)\n    book.sold += 1\n"
UNLOCKED = """[[edit]]
file = "impl_flask/shop.py"
find = '''
    lock(book)
'''
replace = ''
"""


@pytest.mark.parametrize("implementation", implementations())
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_edits_apply_unless_they_are_stale(bug: Bug, implementation: str) -> None:
    edits = bug.edits(implementation)
    edits.check(ROOT)
    if edits.stale:
        return
    for file, text in edits.broken(ROOT).items():
        assert changes_code((ROOT / file).read_text(), text), file


def changes_code(sound: str, broken: str) -> bool:
    """Return whether the syntax trees differ. Raises SyntaxError if a file does not parse."""
    return ast.dump(ast.parse(sound)) != ast.dump(ast.parse(broken))


@pytest.mark.parametrize("implementation", implementations())
def test_edits_use_only_names_that_exist(implementation: str, tmp_path: Path) -> None:
    """Edits that still apply, but use a name that has gone, would cause another bug."""
    for bug in BUGS:
        edits = bug.edits(implementation)
        for file, text in ({} if edits.stale else edits.broken(ROOT)).items():
            copy = tmp_path / bug.name / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    checked = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("implementation", implementations())
def test_edits_survive_an_edit_elsewhere(implementation: str, tmp_path: Path) -> None:
    project = f"impl_{implementation}"
    shutil.copytree(ROOT / project, tmp_path / project, ignore=shutil.ignore_patterns(".venv"))
    services = tmp_path / project / "bookstore" / "orders" / "services.py"
    insert_line(services, "place_order")
    services.write_text(f"# Another comment.\n{services.read_text()}")
    for bug in BUGS:
        bug.edits(implementation).check(tmp_path)


def insert_line(file: Path, function: str) -> None:
    """Add a comment in the middle of a function, and between it and the next one."""
    text = file.read_text()
    [node] = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]
    lines = text.splitlines(keepends=True)
    middle = node.body[len(node.body) // 2]
    lines.insert(node.end_lineno or 0, "\n\n# Another comment.\n")
    lines.insert(middle.lineno - 1, f"{' ' * middle.col_offset}# Another comment.\n")
    file.write_text("".join(lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a bug, and a repository beside it with the file that it edits."""
    (tmp_path / "impl_flask").mkdir()
    (tmp_path / FILE).write_text(SOUND)
    folder = tmp_path / "oversell-by-missing-lock"
    folder.mkdir()
    return folder


def edits_of(folder: Path, content: str) -> Edits:
    """Write an edits file and read it."""
    path = folder / "flask.toml"
    path.write_text(content)
    return Edits.read(path)


def test_edits_are_read_and_applied(folder: Path) -> None:
    edits = edits_of(folder, UNLOCKED)
    assert edits.edits == (Edit(FILE, "    lock(book)\n", ""),)
    assert (edits.files, edits.stale) == ([FILE], None)
    edits.check(folder.parent)
    assert (folder.parent / FILE).read_text() == SOUND
    edits.apply(folder.parent)
    assert (folder.parent / FILE).read_text() == "def sell(book):\n    book.sold += 1\n"


def test_edits_of_one_file_apply_one_after_the_other(folder: Path) -> None:
    second = f"""[[edit]]\nfile = "{FILE}"\nfind = "book.sold += 1"\nreplace = "pass"\n"""
    texts = edits_of(folder, f"{UNLOCKED}\n{second}").broken(folder.parent)
    assert texts == {FILE: "def sell(book):\n    pass\n"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[[edit]",
        "edit = 'text'",
        'title = "Oversell"\n' + UNLOCKED,
        "stale = true\n" + UNLOCKED,
        "stale = ''\n" + UNLOCKED,
        UNLOCKED.replace("replace = ''\n", ""),
        UNLOCKED.replace("replace = ''\n", "replace = 1\n"),
        UNLOCKED + "line = 2\n",
        UNLOCKED.replace("    lock(book)", ""),
        UNLOCKED.replace("replace = ''\n", "replace = '''\n    lock(book)\n'''\n"),
        UNLOCKED.replace("impl_flask", "impl_django"),
    ],
)
def test_a_file_of_another_format_is_rejected(folder: Path, content: str) -> None:
    with pytest.raises(FailedError, match=r"oversell-by-missing-lock/flask\.toml"):
        edits_of(folder, content)


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(FailedError, match=r"oversell-by-missing-lock has no django\.toml"):
        Edits.read(folder / "django.toml")


@pytest.mark.parametrize(
    ("text", "count"), [("def sell(book):\n", 0), (SOUND + "    lock(book)\n", 2)]
)
def test_a_text_that_does_not_occur_once_is_named(folder: Path, text: str, count: int) -> None:
    (folder.parent / FILE).write_text(text)
    message = rf"flask\.toml does not apply: {FILE} contains .* {count} times.*\n    lock\(book\)"
    with pytest.raises(FailedError, match=message):
        edits_of(folder, UNLOCKED).check(folder.parent)


def test_a_missing_source_file_is_named(folder: Path) -> None:
    (folder.parent / FILE).unlink()
    with pytest.raises(FailedError, match=r"flask\.toml does not apply: .*impl_flask/shop\.py"):
        edits_of(folder, UNLOCKED).check(folder.parent)


def test_no_file_changes_if_one_edit_does_not_apply(folder: Path) -> None:
    second = UNLOCKED.replace("shop.py", "cart.py")
    (folder.parent / "impl_flask" / "cart.py").write_text("")
    with pytest.raises(FailedError, match=r"cart\.py contains"):
        edits_of(folder, f"{UNLOCKED}\n{second}").apply(folder.parent)
    assert (folder.parent / FILE).read_text() == SOUND


def test_stale_edits_need_not_apply(folder: Path) -> None:
    (folder.parent / FILE).write_text("")
    edits = edits_of(folder, f"stale = 'sell() is being rewritten'\n\n{UNLOCKED}")
    edits.check(folder.parent)
    with pytest.raises(FailedError, match=r"flask\.toml is stale: sell\(\) is being rewritten"):
        edits.apply(folder.parent)


def test_stale_edits_that_apply_must_lose_the_mark(folder: Path) -> None:
    edits = edits_of(folder, f"stale = 'sell() is being rewritten'\n\n{UNLOCKED}")
    with pytest.raises(FailedError, match=r"flask\.toml applies again: remove its `stale`"):
        edits.check(folder.parent)
