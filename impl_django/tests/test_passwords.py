from bookstore.accounts.models import User
from bookstore.accounts.tokens import hash_password, verify_password

SIBLINGS = "$argon2id$v=19$m=19456,t=2,p=1$"


def test_what_is_stored_is_the_siblings_form() -> None:
    field = User._meta.get_field("password")
    hashed = hash_password("correct horse battery")
    stored = field.get_prep_value(hashed)
    assert stored.startswith(SIBLINGS)
    assert field.from_db_value(stored) == hashed
    assert len(stored.split("$")[-2]) == 22, "16 bytes of salt"


def test_a_password_is_verified() -> None:
    hashed = hash_password("correct horse battery")
    assert verify_password(hashed, "correct horse battery")
    assert not verify_password(hashed, "correct horse batterz")
    assert not verify_password(None, "correct horse battery")
