"""Words, keys and check digits."""

from bookstore.text import has_isbn_check_digit, isbn_check_digit, search_text, title_key, words


def test_words_have_neither_case_nor_accents() -> None:
    assert words("Gabriel García MÁRQUEZ's Straße-2") == [
        "gabriel",
        "garcia",
        "marquez",
        "s",
        "strasse",
        "2",
    ]


def test_words_of_other_scripts_are_words() -> None:
    assert words("ノルウェイの森 – موسم الهجرة") == ["ノルウェイの森", "موسم", "الهجرة"]


def test_a_title_key_ends_after_200_characters() -> None:
    assert title_key("The " + "a" * 300) == "the " + "a" * 196


def test_every_searchable_word_has_a_blank_before_it() -> None:
    assert search_text("The Hobbit", None, ["J. R. R. Tolkien"]) == " the hobbit j r r tolkien"


def test_check_digits() -> None:
    assert has_isbn_check_digit("9780261102217")
    assert not has_isbn_check_digit("9780261102218")
    assert isbn_check_digit("978026110221") == "7"
