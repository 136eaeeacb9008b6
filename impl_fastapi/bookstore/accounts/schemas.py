"""What goes over the wire about accounts, named as in the contract."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, EmailStr
from pydantic_core import PydanticCustomError

from ..fields import Flag, QueryFlag, StrictModel, choice, text, wrong_length
from ..http import timestamp
from ..pagination import PageQuery

MAX_EMAIL = 254
REFRESH_TOKEN = re.compile(r"[A-Za-z0-9._-]+")


def _fold(email: str) -> str:
    """Return an e-mail address as the database stores it: in lower case and NFC."""
    folded = unicodedata.normalize("NFC", email.lower())
    if len(folded) > MAX_EMAIL:  # lower case can be longer
        raise PydanticCustomError("length", wrong_length(3, MAX_EMAIL, "characters"))
    return folded


# Log-in compares an address with stored ones. Only addresses to store are validated.
Email = Annotated[str, AfterValidator(_fold), text(1, MAX_EMAIL)]
NewEmail = Annotated[EmailStr, AfterValidator(_fold), text(3, MAX_EMAIL)]
Password = Annotated[str, text(10, 128)]
PersonName = Annotated[str, text(1, 100)]
Role = Annotated[str, choice("customer", "staff", "admin")]


class UserQuery(PageQuery):
    """Parameters of `listUsers`."""

    role: Role | None = None
    disabled: QueryFlag | None = None


class UserRegistration(StrictModel):
    """Body of `registerUser`."""

    email: NewEmail
    password: Password
    name: PersonName


class Credentials(StrictModel):
    """Body of `login`."""

    email: Email
    password: Password


class RefreshRequest(StrictModel):
    """Body of `refreshTokens`."""

    refresh_token: Annotated[
        str, text(1, 512, REFRESH_TOKEN, form="letters, digits, dots, hyphens and underscores")
    ]


class MeUpdate(StrictModel):
    """Body of `updateMe`."""

    name: PersonName = ""
    email: NewEmail = ""
    current_password: Password = ""


class UserUpdate(StrictModel):
    """Body of `updateUser`."""

    role: Role = ""
    disabled: Flag = False


class PasswordChange(StrictModel):
    """Body of `changePassword`."""

    current_password: Password
    new_password: Password


def show_user(user: Any) -> dict[str, Any]:
    """An account as `User`; never its password."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "disabled": user.disabled,
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.updated_at),
    }
