import pytest

from bookstore.environment import SettingsError, read_settings


def test_development_needs_nothing() -> None:
    assert read_settings({"BOOKSTORE_ENV": "development"}).currency == "EUR"


def test_every_wrong_variable_is_named() -> None:
    with pytest.raises(SettingsError) as failure:
        read_settings({"BOOKSTORE_CURRENCY": "euro", "BOOKSTORE_DRAIN_SECONDS": "-1"})
    for name in ("BOOKSTORE_SECRET_KEY", "BOOKSTORE_CURRENCY", "BOOKSTORE_DRAIN_SECONDS"):
        assert name in str(failure.value)


def test_the_built_in_secret_is_for_development_only() -> None:
    secret = read_settings({"BOOKSTORE_ENV": "development"}).secret_key
    with pytest.raises(SettingsError, match="BOOKSTORE_SECRET_KEY"):
        read_settings({"BOOKSTORE_SECRET_KEY": secret})
