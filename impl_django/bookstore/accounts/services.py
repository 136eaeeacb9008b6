"""The rules of accounts; each is one transaction, except where a refusal also changes data."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from ..database import now, unique
from ..environment import current_settings
from ..errors import (
    EmailTaken,
    FieldError,
    InvalidCredentials,
    InvalidRefreshToken,
    LastAdmin,
    NotFound,
    ValidationFailed,
)
from ..http import require_match, version_tag
from ..reviews.models import Review
from .limits import account_key, address_key, limiter, require_attempts_left
from .models import Session, User
from .tokens import (
    hash_password,
    hash_refresh_token,
    make_access_token,
    make_refresh_token,
    session_of,
    verify_password,
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a session gives its owner; lifetimes in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


def register_user(*, email: str, password: str, name: str, role: str = "customer") -> User:
    """Open an account.

    Raises:
        EmailTaken: there is one with this address.
    """
    with unique(EmailTaken):
        return User.objects.create(
            email=email, password=hash_password(password), name=name, role=role
        )


def log_in(*, email: str, password: str, address: str) -> TokenPair:
    """Start a session.

    Raises:
        TooManyRequests: too many failures for this account or from this address.
        InvalidCredentials: unknown account, wrong password or disabled account.
    """
    user = verify_credentials(email=email, password=password, address=address)
    session_id = uuid4()
    refresh_token = make_refresh_token(session_id)
    lifetime = timedelta(seconds=current_settings().refresh_token_seconds)
    Session.objects.create(
        id=session_id,
        user=user,
        refresh_hash=hash_refresh_token(refresh_token),
        expires_at=now() + lifetime,
    )
    return _token_pair(user.id, session_id, refresh_token, int(lifetime.total_seconds()))


def verify_credentials(*, email: str, password: str, address: str) -> User:
    """The account that may log in with these.

    Raises:
        TooManyRequests: too many failures for this account or from this address.
        InvalidCredentials: unknown account, wrong password or disabled account.
    """
    require_attempts_left(email, address)
    user = User.objects.filter(email=email).first()
    if (
        not verify_password(user.password if user else None, password)
        or user is None
        or user.disabled
    ):
        limiter().count_failure(account_key(email))
        limiter().count_failure(address_key(address))
        raise InvalidCredentials(headers={"WWW-Authenticate": "Bearer"})
    limiter().forget(account_key(email))
    return user


def refresh_tokens(*, refresh_token: str) -> TokenPair:
    """Trade a refresh token for the session's next pair; a used one ends the session.

    Raises:
        InvalidRefreshToken: it is unknown, expired, revoked, or was used before.
    """
    # No transaction: a conditional UPDATE decides, and a stolen session stays revoked although the
    # request is refused.
    live = Session.objects.filter(
        id=session_of(refresh_token) or uuid4(),
        revoked_at=None,
        expires_at__gt=now(),
        user__disabled=False,
    )
    session = live.first()
    if session is None:
        raise _invalid_refresh_token()
    successor = make_refresh_token(session.id)
    rotated = Session.objects.filter(
        id=session.id, revoked_at=None, refresh_hash=hash_refresh_token(refresh_token)
    ).update(refresh_hash=hash_refresh_token(successor))
    if not rotated:
        log_out(session_id=session.id)
        raise _invalid_refresh_token()
    seconds = int((session.expires_at - now()).total_seconds())
    return _token_pair(session.user_id, session.id, successor, seconds)


def log_out(*, session_id: UUID) -> None:
    """End one session."""
    Session.objects.filter(id=session_id, revoked_at=None).update(revoked_at=now())


def update_me(*, user_id: UUID, changes: dict[str, Any], if_match: str | None) -> User:
    """Change one's own name, which their reviews show at once, or e-mail address.

    Raises:
        PreconditionFailed: the account changed since it was read.
        ValidationFailed: a new address without the password, or with a wrong one.
        TooManyRequests: too many wrong passwords.
        EmailTaken: another account has the address.
    """
    password, checked = changes.pop("current_password", None), None
    current = User.objects.get(id=user_id)
    if changes.get("email", current.email) != current.email:
        if password is None:
            raise ValidationFailed(
                FieldError("body", "/current_password", "required", "is required")
            )
        _require_password(current, password)
        checked = current.password
    with transaction.atomic():  # after the password, so that no lock waits for Argon2
        user = _lock_user(user_id)
        require_match(if_match, version_tag(user.version), required=False)
        if changes.get("email", user.email) != user.email:
            _require_same(checked, user)
        renamed = changes.get("name", user.name) != user.name
        with unique(EmailTaken):
            _change(user, changes)
        if renamed:
            Review.objects.filter(user=user_id).update(version=F("version") + 1)
    return user


def change_password(*, user_id: UUID, current_password: str, new_password: str) -> None:
    """Change one's password and end every session.

    Raises:
        ValidationFailed: the current password is wrong.
        TooManyRequests: too many wrong passwords.
    """
    current = User.objects.get(id=user_id)
    _require_password(current, current_password)
    password_hash = hash_password(new_password)
    with transaction.atomic():
        user = _lock_user(user_id)
        _require_same(current.password, user)
        user.password = password_hash
        user.save(update_fields=["password"])
        _end_sessions(user_id)


@transaction.atomic
def update_user(*, user_id: UUID, changes: dict[str, Any], if_match: str | None) -> User:
    """Change somebody's role, or disable them, which ends their sessions.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        LastAdmin: nobody else would be an active admin.
    """
    active_admins = (
        User.objects.filter(role="admin", disabled=False).order_by("id").select_for_update()
    )
    admins = list(active_admins.values_list("id", flat=True))
    user = _lock_user(user_id)
    require_match(if_match, version_tag(user.version))
    _change(user, changes)
    if admins == [user.id] and (user.role != "admin" or user.disabled):
        raise LastAdmin
    if user.disabled:
        _end_sessions(user.id)
    return user


def _token_pair(
    user_id: UUID, session_id: UUID, refresh_token: str, refresh_seconds: int
) -> TokenPair:
    access_seconds = current_settings().access_token_seconds
    return TokenPair(
        make_access_token(user_id, session_id),
        access_seconds,
        refresh_token,
        max(1, refresh_seconds),
    )


def _invalid_refresh_token() -> InvalidRefreshToken:
    return InvalidRefreshToken(headers={"WWW-Authenticate": "Bearer"})


def _lock_user(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise NotFound
    return user


def _require_password(user: User, password: str) -> None:
    require_attempts_left(user.email)
    if not verify_password(user.password, password):
        limiter().count_failure(account_key(user.email))
        raise _wrong_password()


def _require_same(checked: str | None, user: User) -> None:
    if user.password != checked:
        raise _wrong_password()  # it was changed while it was checked


def _wrong_password() -> ValidationFailed:
    return ValidationFailed(
        FieldError("body", "/current_password", "incorrect", "is not the current password")
    )


def _change(user: User, changes: dict[str, Any]) -> None:
    changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
    for name, value in changed.items():
        setattr(user, name, value)
    if changed:
        user.version += 1
        user.updated_at = now()
        user.save(update_fields=[*changed, "version", "updated_at"])


def _end_sessions(user_id: UUID) -> None:
    Session.objects.filter(user=user_id, revoked_at=None).update(revoked_at=now())
