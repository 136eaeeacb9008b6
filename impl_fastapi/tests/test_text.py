import pytest

from bookstore.text import has_isbn_check_digit, isbn_check_digit, search_text, title_key, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Hobbit, or There", ["the", "hobbit", "or", "there"]),
        ("Gabriel García Márquez", ["gabriel", "garcia", "marquez"]),
        ("Straße № 5", ["strasse", "no", "5"]),
        ("O'Brien: R.U.R.", ["o", "brien", "r", "u", "r"]),
        ("Война и мир", ["воина", "и", "мир"]),
        ("…", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_title_key_is_bounded() -> None:
    assert title_key("Á  b!") == "a b"
    assert len(title_key("x " * 300)) == 200


def test_search_text_has_a_blank_before_each_word() -> None:
    assert search_text("The Hobbit", None, ["J. R. R. Tolkien"]) == " the hobbit j r r tolkien"


def test_isbn_check_digit() -> None:
    assert isbn_check_digit("978026110221") == "7"
    assert has_isbn_check_digit("9780261102217")
    assert not has_isbn_check_digit("9780261102218")
