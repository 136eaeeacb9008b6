import pytest

from bookstore.text import has_isbn_check_digit, isbn_check_digit, search_text, title_key, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gabriel García Márquez", ["gabriel", "garcia", "marquez"]),
        ("Straße", ["strasse"]),
        ("don't-stop", ["don", "t", "stop"]),
        ("ﬁne １９８４", ["fine", "1984"]),  # noqa: RUF001 -- full-width digits are the input
        ("… – !", []),
    ],
)
def test_words_have_neither_case_nor_accents(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_title_key_is_bounded() -> None:
    assert title_key("The  Hobbit!") == "the hobbit"
    assert len(title_key("x" * 500)) == 200


def test_every_word_follows_a_blank() -> None:
    assert search_text("The Hobbit", None, ["J. R. R. Tolkien"]) == " the hobbit j r r tolkien"


def test_the_check_digit_is_checked() -> None:
    assert has_isbn_check_digit("9780261102217")
    assert not has_isbn_check_digit("9780261102218")
    assert isbn_check_digit("978026110221") == "7"
