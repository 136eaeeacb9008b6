"""What goes over the wire for accounts."""

from typing import Any

from ..fields import Choice, Flag, QueryFlag, StrictSchema, Text
from ..http import timestamp
from ..pagination import PageQuery

EMAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}"
ROLES = ("customer", "staff", "admin")


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


class UserRegistration(StrictSchema):
    """The contract's UserRegistration."""

    email = Email(required=True)
    password = Password(required=True)
    name = Text(1, 100, required=True)


class Credentials(StrictSchema):
    """The contract's Credentials."""

    email = Email(required=True)
    password = Password(required=True)


class RefreshRequest(StrictSchema):
    """The contract's RefreshRequest."""

    refresh_token = Text(1, 512, "[A-Za-z0-9._-]+", required=True)


class MeUpdate(StrictSchema):
    """The contract's MeUpdate."""

    name = Text(1, 100)
    email = Email()
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
