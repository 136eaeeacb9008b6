"""The admin site's login, under the limits of the API's."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from ..errors import InvalidCredentials, TooManyRequests
from ..http import client_address
from .models import User
from .schemas import fold_email
from .services import verify_credentials


class LimitedBackend(ModelBackend):
    """Django's backend, its failures counted with those of the operation login."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        """The account with this e-mail address and password, if any.

        Raises:
            PermissionDenied: it is not, or there were too many attempts.
        """
        if request is None or username is None or password is None:
            return None
        try:
            return verify_credentials(
                email=fold_email(username), password=password, address=client_address(request.META)
            )
        except (InvalidCredentials, TooManyRequests):
            raise PermissionDenied from None
