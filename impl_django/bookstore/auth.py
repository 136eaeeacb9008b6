"""Who is asking, and whether they may: the first thing an operation does (401, then 403)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from .accounts.models import STAFF_ROLES, Session
from .accounts.tokens import read_access_token
from .errors import Forbidden, MethodNotAllowed, Unauthenticated
from .fields import StrictSerializer
from .http import done, read_query
from .negotiation import StrictNegotiation

Access = Literal["public", "customer", "staff", "admin", "signature"]
View = Callable[..., HttpResponseBase]
ROLES: dict[Access, tuple[str, ...]] = {
    "customer": ("customer", "staff", "admin"),
    "staff": STAFF_ROLES,
    "admin": ("admin",),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a request, as it is now, and the session it came with."""

    id: UUID
    role: str
    session_id: UUID

    @property
    def is_staff(self) -> bool:
        """Whether the account may do what staff may."""
        return self.role in STAFF_ROLES


class BearerAuthentication(BaseAuthentication):
    """Access tokens (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """The caller named by the access token.

        Raises:
            Unauthenticated: there is no token, or it does not count (any more).
        """
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        claims = read_access_token(token.strip())
        live = Session.objects.filter(revoked_at=None, user__disabled=False)
        role = claims and (
            live.filter(id=claims.session_id, user=claims.user_id)
            .values_list("user__role", flat=True)
            .first()
        )
        if not claims or not role:
            raise Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        request.META["bookstore.user_id"] = str(claims.user_id)  # for the log
        return Caller(claims.user_id, role, claims.session_id), None


class HasRole(BasePermission):
    """The caller's role is among those of the operation."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether it is.

        Raises:
            Forbidden: it is not.
        """
        assert isinstance(view, Operations)  # noqa: S101 -- mypy cannot know that all views are Operations
        if view.caller.role not in ROLES[view.operation.access]:
            raise Forbidden
        return True


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation of the contract asks of a request before its view runs."""

    access: Access
    query: type[StrictSerializer] | None
    produces: tuple[str, ...]


def operation(
    access: Access, *, query: type[StrictSerializer] | None = None, produces: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Decorate a view that implements one operation of the contract.

    The view gets the parameters of its `query` serializer as `query`. Without a `query` serializer
    the query is ignored. `produces` lists the media types among which `Accept` selects; without it,
    `Accept` is ignored.
    """

    def decorate(view: View) -> View:
        view.operation = Operation(access, query, produces)  # type: ignore[attr-defined]  # a function has no declared attributes
        return view

    return decorate


class Operations(ViewSetMixin, APIView):
    """A view set whose actions are the contract's operations; urls.py binds paths and methods."""

    authentication_classes: Any = (BearerAuthentication,)
    permission_classes: Any = (HasRole,)
    content_negotiation_class = StrictNegotiation
    default_response_headers: ClassVar[dict[str, str]] = {}  # no Allow and Vary on every answer
    format_kwarg = None
    operation: Operation

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the method, the token, the role, the query and `Accept`, in this order.

        REST framework checks `Accept` first; here a stranger learns nothing before 401 and 403.

        Raises:
            MethodNotAllowed, Unauthenticated, Forbidden, ValidationFailed, NotAcceptable.
        """
        if self.action == "metadata":
            return
        if self.action is None:
            raise MethodNotAllowed(headers={"Allow": self.allow})
        self.operation = getattr(self, self.action).operation
        if self.operation.access != "public":
            self.perform_authentication(request)
            self.check_permissions(request)
        if self.operation.query:
            self.kwargs["query"] = read_query(request, self.operation.query)
        if self.operation.produces:
            _, request.accepted_media_type = self.perform_content_negotiation(request)

    def get_renderers(self) -> tuple[str, ...]:  # type: ignore[override]  # media types replace renderers
        """What the operation can answer with: media types, for each view writes its own answer."""
        return self.operation.produces

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """204 with `Allow` (RFC 9110, 9.3.7)."""
        response = done()
        response["Allow"] = self.allow
        return response

    @property
    def caller(self) -> Caller:
        """Who is asking, where the operation is not public."""
        return cast("Caller", self.request.user)

    @property
    def allow(self) -> str:
        """The methods of this path."""
        return ", ".join(sorted(self.allowed_methods))
