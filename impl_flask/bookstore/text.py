"""Words, keys and check digits, as storage.md defines them."""

import re
import unicodedata
from collections.abc import Iterable


def words(text: str) -> list[str]:
    """The words of `text` without case and accents: `García Márquez` gives `garcia`, `marquez`."""
    decomposed = unicodedata.normalize("NFKD", text)
    folded = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").casefold()
    return "".join(c if c.isalnum() else " " for c in folded).split()


def title_key(title: str) -> str:
    """What titles are sorted by."""
    return " ".join(words(title))[:200]


def search_text(title: str, subtitle: str | None, author_names: Iterable[str]) -> str:
    """The searched text: a blank before each word, so `LIKE '% hob%'` finds word beginnings."""
    return "".join(
        f" {word}" for part in (title, subtitle or "", *author_names) for word in words(part)
    )


def has_isbn_check_digit(isbn: str) -> bool:
    """Whether 13 digits end with the right one (ISO 2108)."""
    return bool(re.fullmatch("[0-9]{13}", isbn)) and (
        sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(isbn)) % 10 == 0
    )


def isbn_check_digit(first12: str) -> str:
    """The digit that completes the first twelve of an ISBN-13."""
    return str(-sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(first12)) % 10)
