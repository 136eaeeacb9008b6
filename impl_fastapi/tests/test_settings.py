import pytest

from bookstore.settings import DEVELOPMENT_SECRET, SettingsError, read_settings

WEBHOOK_SECRET = "whsec_" + "eHh4" * 8
GOOD = {
    "BOOKSTORE_SECRET_KEY": "x" * 32,
    "BOOKSTORE_PAYMENT_API_KEY": "sk_live_1",
    "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS": f"{WEBHOOK_SECRET} {WEBHOOK_SECRET}",
}


def test_defaults() -> None:
    settings = read_settings(GOOD)
    assert not settings.development
    assert (settings.currency, settings.database_pool_size, settings.drain_seconds) == (
        "EUR",
        10,
        0,
    )


@pytest.mark.parametrize("secret", [None, "short", DEVELOPMENT_SECRET])
def test_a_weak_secret_is_refused_in_production(secret: str | None) -> None:
    environment = GOOD | {"BOOKSTORE_SECRET_KEY": secret or ""}
    with pytest.raises(SettingsError, match="BOOKSTORE_SECRET_KEY"):
        read_settings(environment)


@pytest.mark.parametrize("secrets", ["", " ", "whsec_c2hvcnQ=", f"{WEBHOOK_SECRET} whsec_!"])
def test_a_weak_webhook_secret_is_refused(secrets: str) -> None:
    with pytest.raises(SettingsError, match="BOOKSTORE_PAYMENT_WEBHOOK_SECRETS"):
        read_settings(GOOD | {"BOOKSTORE_PAYMENT_WEBHOOK_SECRETS": secrets})


def test_the_provider_must_be_known_in_production() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({"BOOKSTORE_SECRET_KEY": "x" * 32})
    assert "BOOKSTORE_PAYMENT_API_KEY" in str(error.value)
    assert "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS" in str(error.value)


def test_development_has_a_secret() -> None:
    assert read_settings({"BOOKSTORE_ENV": "development"}).secret_key == DEVELOPMENT_SECRET


def test_all_that_is_wrong_is_named() -> None:
    wrong = {
        "BOOKSTORE_CURRENCY": "eur",
        "BOOKSTORE_DRAIN_SECONDS": "-1",
        "BOOKSTORE_LOG_LEVEL": "",
    }
    with pytest.raises(SettingsError) as error:
        read_settings(GOOD | wrong)
    assert all(name in str(error.value) for name in wrong)
