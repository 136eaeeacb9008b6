"""What goes over the wire about accounts, named as in the contract."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator

from ..fields import Flag, QueryFlag, StrictModel, choice, text
from ..http import timestamp
from ..pagination import PageQuery

EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}")
REFRESH_TOKEN = re.compile(r"[A-Za-z0-9._-]+")

Email = Annotated[str, AfterValidator(str.lower), text(5, 254, EMAIL)]
Password = Annotated[str, text(10, 128)]
PersonName = Annotated[str, text(1, 100)]
Role = Annotated[str, choice("customer", "staff", "admin")]


class UserQuery(PageQuery):
    """Parameters of `listUsers`."""

    role: Role | None = None
    disabled: QueryFlag | None = None


class UserRegistration(StrictModel):
    """Body of `registerUser`."""

    email: Email
    password: Password
    name: PersonName


class Credentials(StrictModel):
    """Body of `login`."""

    email: Email
    password: Password


class RefreshRequest(StrictModel):
    """Body of `refreshTokens`."""

    refresh_token: Annotated[str, text(1, 512, REFRESH_TOKEN)]


class MeUpdate(StrictModel):
    """Body of `updateMe`."""

    name: PersonName = ""
    email: Email = ""
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
