"""What goes over the wire for accounts."""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ..fields import Choice, Flag, QueryFlag, StrictSerializer, Text, invalid
from ..http import timestamp
from ..pagination import PageQuery
from .models import ROLES

MAX_EMAIL = 254


class Email(Text):
    """The e-mail address of an existing account: a bounded string that is only compared."""

    def __init__(self, low: int = 1, **options: Any) -> None:
        super().__init__(low, MAX_EMAIL, **options)

    def convert(self, value: str) -> str:
        """Return the address as the database stores it."""
        return fold_email(value)


class NewEmail(Email):
    """An e-mail address to store, which Django's validator accepts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(3, **options)

    def convert(self, value: str) -> str:
        """Validate the address, and return it as the database stores it."""
        email = super().convert(value)
        if len(email) > MAX_EMAIL:  # lower case can be longer
            self.refuse_length()
        try:
            validate_email(email)
        except ValidationError:
            invalid("format", "must be an e-mail address")
        return email


def fold_email(email: str) -> str:
    """Return an e-mail address as the database stores it: in lower case and NFC."""
    return unicodedata.normalize("NFC", email.lower())


class Password(Text):
    """A password of 10 to 128 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(10, 128, **options)


class UserRegistration(StrictSerializer):
    """The contract's UserRegistration."""

    email = NewEmail()
    password = Password()
    name = Text(1, 100)


class Credentials(StrictSerializer):
    """The contract's Credentials."""

    email = Email()
    password = Password()


class RefreshRequest(StrictSerializer):
    """The contract's RefreshRequest."""

    refresh_token = Text(
        1, 512, "[A-Za-z0-9._-]+", form="letters, digits, dots, hyphens and underscores"
    )


class MeUpdate(StrictSerializer):
    """The contract's MeUpdate."""

    name = Text(1, 100, required=False)
    email = NewEmail(required=False)
    current_password = Password(required=False)


class PasswordChange(StrictSerializer):
    """The contract's PasswordChange."""

    current_password = Password()
    new_password = Password()


class UserUpdate(StrictSerializer):
    """The contract's UserUpdate."""

    role = Choice(*ROLES, required=False)
    disabled = Flag(required=False)


class UserQuery(PageQuery):
    """The parameters of listUsers."""

    role = Choice(*ROLES, required=False)
    disabled = QueryFlag(required=False)


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
