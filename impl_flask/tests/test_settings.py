"""Settings are checked at once, and every fault is named."""

import pytest

from bookstore.settings import DEVELOPMENT_SECRET, SettingsError, read_settings


def test_development_needs_nothing() -> None:
    assert read_settings({"BOOKSTORE_ENV": "development"}).secret_key == DEVELOPMENT_SECRET


@pytest.mark.parametrize("secret", [None, "short", DEVELOPMENT_SECRET])
def test_production_needs_a_secret_of_its_own(secret: str | None) -> None:
    environment = {} if secret is None else {"BOOKSTORE_SECRET_KEY": secret}
    with pytest.raises(SettingsError, match="BOOKSTORE_SECRET_KEY"):
        read_settings(environment)


def test_every_fault_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {
                "BOOKSTORE_ENV": "development",
                "BOOKSTORE_CURRENCY": "euro",
                "BOOKSTORE_DRAIN_SECONDS": "-1",
            }
        )
    assert "BOOKSTORE_CURRENCY" in str(caught.value)
    assert "BOOKSTORE_DRAIN_SECONDS" in str(caught.value)
