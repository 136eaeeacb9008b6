"""What goes over the wire for accounts."""

from typing import Any

from ..fields import Choice, Flag, QueryFlag, StrictSerializer, Text
from ..http import timestamp
from ..pagination import PageQuery
from .models import ROLES

EMAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}"


class Email(Text):
    """An e-mail address, in lower case from here on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(5, 254, EMAIL, **options)

    def convert(self, value: str) -> str:
        """Addresses are compared without case."""
        return value.lower()


class Password(Text):
    """A password of 10 to 128 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(10, 128, **options)


class UserRegistration(StrictSerializer):
    """The contract's UserRegistration."""

    email = Email()
    password = Password()
    name = Text(1, 100)


class Credentials(StrictSerializer):
    """The contract's Credentials."""

    email = Email()
    password = Password()


class RefreshRequest(StrictSerializer):
    """The contract's RefreshRequest."""

    refresh_token = Text(1, 512, "[A-Za-z0-9._-]+")


class MeUpdate(StrictSerializer):
    """The contract's MeUpdate."""

    name = Text(1, 100, required=False)
    email = Email(required=False)
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
