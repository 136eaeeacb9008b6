"""Words, search keys and ISBNs: the derived columns of storage.md."""

import unicodedata
from collections.abc import Iterable


def words(text: str) -> list[str]:
    """The words of a text without case and accents, in their order."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


def title_key(title: str) -> str:
    """What books are sorted by: the title's words, at most 200 characters."""
    return " ".join(words(title))[:200]


def search_text(title: str, subtitle: str | None, author_names: Iterable[str]) -> str:
    """A blank before each word, so that `LIKE '% w%'` finds words beginning with `w`."""
    texts = (title, subtitle or "", *author_names)
    return "".join(f" {word}" for text in texts for word in words(text))


def isbn_check_digit(first12: str) -> str:
    """The 13th digit that belongs to the first twelve (ISO 2108)."""
    return str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(first12)) % 10)


def has_isbn_check_digit(isbn: str) -> bool:
    """Whether the last of 13 digits is the right check digit."""
    return isbn[12] == isbn_check_digit(isbn[:12])
