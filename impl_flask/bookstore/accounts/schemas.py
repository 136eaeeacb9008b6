"""What goes over the wire for accounts."""

import unicodedata
from typing import Any

from marshmallow import ValidationError
from marshmallow.validate import Email as EmailValidator

from ..fields import Choice, Flag, QueryFlag, StrictSchema, Text, invalid
from ..http import timestamp
from ..pagination import PageQuery

MAX_EMAIL = 254
ROLES = ("customer", "staff", "admin")


class Email(Text):
    """The e-mail address of an existing account: a bounded string that is only compared."""

    def __init__(self, low: int = 1, **options: Any) -> None:
        super().__init__(low, MAX_EMAIL, **options)

    def convert(self, value: str) -> str:
        """Return the address as the database stores it: in lower case and NFC."""
        return unicodedata.normalize("NFC", value.lower())


class NewEmail(Email):
    """An e-mail address to store, which marshmallow's validator accepts."""

    is_valid = EmailValidator()

    def __init__(self, **options: Any) -> None:
        super().__init__(3, **options)

    def convert(self, value: str) -> str:
        """Validate the address, and return it as the database stores it."""
        email = super().convert(value)
        if len(email) > MAX_EMAIL:  # lower case can be longer
            raise self.wrong_length()
        try:
            self.is_valid(email)
        except ValidationError:
            raise invalid("format", "must be an e-mail address") from None
        return email


class Password(Text):
    """A password of 10 to 128 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(10, 128, **options)


class UserRegistration(StrictSchema):
    """The contract's UserRegistration."""

    email = NewEmail(required=True)
    password = Password(required=True)
    name = Text(1, 100, required=True)


class Credentials(StrictSchema):
    """The contract's Credentials."""

    email = Email(required=True)
    password = Password(required=True)


class RefreshRequest(StrictSchema):
    """The contract's RefreshRequest."""

    refresh_token = Text(
        1,
        512,
        "[A-Za-z0-9._-]+",
        form="letters, digits, dots, hyphens and underscores",
        required=True,
    )


class MeUpdate(StrictSchema):
    """The contract's MeUpdate."""

    name = Text(1, 100)
    email = NewEmail()
    current_password = Password()


class PasswordChange(StrictSchema):
    """The contract's PasswordChange."""

    current_password = Password(required=True)
    new_password = Password(required=True)


class UserUpdate(StrictSchema):
    """The contract's UserUpdate."""

    role = Choice(*ROLES)
    disabled = Flag()


class UserQuery(PageQuery):
    """The parameters of listUsers."""

    role = Choice(*ROLES)
    disabled = QueryFlag()


def show_user(user: Any) -> dict[str, Any]:
    """The contract's User, from a model or a row."""
    return {
        "id": str(user.id),
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "disabled": user.disabled,
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.updated_at),
    }
