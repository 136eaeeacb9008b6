"""The edits that put a bug into an implementation: a text to find, and its replacement."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from workbench.processes import FailedError

MEMBERS = {"file", "find", "replace"}


@dataclass(frozen=True)
class Edit:
    """Replace one text in one file."""

    file: str
    """Its path from the repository's root."""
    find: str
    """The text to find. It must occur exactly once in the file."""
    replace: str

    def apply(self, text: str) -> str:
        """Return the file's text with the replacement. Raises FailedError if it does not apply."""
        count = text.count(self.find)
        if count != 1:
            raise FailedError(
                f"{self.file} contains the text to find {count} times, and must contain it once:\n"
                f"{self.find}"
            )
        return text.replace(self.find, self.replace)


@dataclass(frozen=True)
class Edits:
    """The edits of one bug in one implementation: the content of `<implementation>.toml`."""

    path: Path
    edits: tuple[Edit, ...]
    stale: str | None = None
    """Why the edits may fail to apply at present; None if they must apply."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the edits. Raises FailedError if the file is missing or has another format."""
        if not path.is_file():
            raise FailedError(f"{path.parent.name} has no {path.name}")
        try:
            content = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise FailedError(f"{_name(path)} is not TOML: {error}") from error
        tables, stale = content.pop("edit", []), content.pop("stale", None)
        if content:
            raise FailedError(f"{_name(path)} has unknown members: {', '.join(content)}")
        if stale is not None and not (isinstance(stale, str) and stale):
            raise FailedError(f"{_name(path)}: `stale` gives the reason as a text")
        if not isinstance(tables, list) or not tables:
            raise FailedError(f"{_name(path)} has no [[edit]]")
        return cls(path, tuple(_edit(path, table) for table in tables), stale)

    @property
    def files(self) -> list[str]:
        """The files that the edits change, each once."""
        return list(dict.fromkeys(edit.file for edit in self.edits))

    def broken(self, root: Path) -> dict[str, str]:
        """Return the text of each file as the edits leave it; `root` itself does not change.

        Raises FailedError if an edit does not apply.
        """
        texts: dict[str, str] = {}
        for edit in self.edits:
            try:
                if edit.file not in texts:
                    texts[edit.file] = (root / edit.file).read_text()
                texts[edit.file] = edit.apply(texts[edit.file])
            except (FailedError, FileNotFoundError) as failure:
                if self.stale:
                    raise FailedError(f"{_name(self.path)} is stale: {self.stale}") from failure
                raise FailedError(f"{_name(self.path)} does not apply: {failure}") from failure
        return texts

    def apply(self, root: Path) -> None:
        """Change the files of a copy of the repository: all of them, or none if an edit fails.

        Raises FailedError if an edit does not apply.
        """
        for file, text in self.broken(root).items():
            (root / file).write_text(text)

    def check(self, root: Path) -> None:
        """Check that the edits apply, or that they do not if they are stale. Raises FailedError."""
        try:
            self.broken(root)
        except FailedError:
            if not self.stale:
                raise
        else:
            if self.stale:
                raise FailedError(f"{_name(self.path)} applies again: remove its `stale`")


def _edit(path: Path, table: Any) -> Edit:
    """Check one `[[edit]]`. Raises FailedError."""
    if not isinstance(table, dict) or set(table) != MEMBERS:
        raise FailedError(f"{_name(path)}: an [[edit]] has `file`, `find` and `replace`")
    if not all(isinstance(value, str) for value in table.values()):
        raise FailedError(f"{_name(path)}: `file`, `find` and `replace` are texts")
    edit = Edit(**table)
    if not edit.file.startswith(f"impl_{path.stem}/"):
        raise FailedError(f"{_name(path)} edits {edit.file}, which is not in impl_{path.stem}/")
    if not edit.find.strip() or edit.find == edit.replace:
        raise FailedError(f"{_name(path)}: an [[edit]] finds a text and changes it")
    return edit


def _name(path: Path) -> str:
    """Name the file as messages do: `oversell-under-concurrency/flask.toml`."""
    return f"{path.parent.name}/{path.name}"
