"""The operations of the tag accounts, in the contract's order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import (
    PATCH_TYPES,
    answer,
    client_address,
    done,
    if_match,
    not_modified,
    read_json,
    version_tag,
)
from ..pagination import page_answer
from . import queries, schemas, services
from .services import TokenPair


class AccountOperations(Operations):
    """Users and sessions."""

    @operation("admin", query=schemas.UserQuery)
    def list_users(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """listUsers."""
        return page_answer(request, queries.list_users(**query))

    @operation("public")
    def register_user(self, request: Request) -> HttpResponse:
        """registerUser."""
        user = services.register_user(**read_json(request, schemas.UserRegistration))
        return answer(
            schemas.show_user(user),
            201,
            etag=version_tag(user.version),
            location=f"/users/{user.id}",
        )

    @operation("public")
    def login(self, request: Request) -> HttpResponse:
        """login."""
        credentials = read_json(request, schemas.Credentials)
        return _token_answer(services.log_in(**credentials, address=client_address(request.META)))

    @operation("public")
    def refresh_tokens(self, request: Request) -> HttpResponse:
        """refreshTokens."""
        return _token_answer(services.refresh_tokens(**read_json(request, schemas.RefreshRequest)))

    @operation("customer")
    def logout(self, request: Request) -> HttpResponse:
        """logout."""
        services.log_out(session_id=self.caller.session_id)
        return done()

    @operation("customer")
    def get_me(self, request: Request) -> HttpResponse:
        """getMe."""
        return _user_answer(request, self.caller.id)

    @operation("customer")
    def update_me(self, request: Request) -> HttpResponse:
        """updateMe."""
        changes = read_json(request, schemas.MeUpdate, *PATCH_TYPES)
        user = services.update_me(
            user_id=self.caller.id, changes=changes, if_match=if_match(request)
        )
        return answer(schemas.show_user(user), etag=version_tag(user.version))

    @operation("customer")
    def change_password(self, request: Request) -> HttpResponse:
        """changePassword."""
        services.change_password(
            user_id=self.caller.id, **read_json(request, schemas.PasswordChange)
        )
        return done()

    @operation("admin")
    def get_user(self, request: Request, user_id: UUID) -> HttpResponse:
        """getUser."""
        return _user_answer(request, user_id)

    @operation("admin")
    def update_user(self, request: Request, user_id: UUID) -> HttpResponse:
        """updateUser."""
        changes = read_json(request, schemas.UserUpdate, *PATCH_TYPES)
        user = services.update_user(user_id=user_id, changes=changes, if_match=if_match(request))
        return answer(schemas.show_user(user), etag=version_tag(user.version))


def _user_answer(request: Request, user_id: UUID) -> HttpResponse:
    user = queries.get_user(user_id=user_id)
    etag = version_tag(user.version)
    return not_modified(request, etag, public=False) or answer(schemas.show_user(user), etag=etag)


def _token_answer(tokens: TokenPair) -> HttpResponse:
    return answer(
        {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
            "refresh_token": tokens.refresh_token,
            "refresh_expires_in": tokens.refresh_expires_in,
        }
    )
