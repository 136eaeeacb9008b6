"""The rules of accounts. Each writes into the session; the view commits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from ..database import db, reading, refusing, utc_now
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
from ..settings import current_settings
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
    user = User(
        email=email, password_hash=hash_password(password), name=name, role=role, disabled=False
    )
    with refusing(uq_users_email=EmailTaken):
        db.session.add(user)
    return user


def log_in(*, email: str, password: str, address: str) -> TokenPair:
    """Start a session.

    Raises:
        TooManyRequests: too many failures for this account or from this address.
        InvalidCredentials: unknown account, wrong password or disabled account.
    """
    require_attempts_left(email, address)
    with reading() as connection:
        user = connection.execute(
            select(User.id, User.password_hash, User.disabled).where(User.email == email)
        ).first()
    if not verify_password(user and user.password_hash, password) or user is None or user.disabled:
        limiter().count_failure(account_key(email))
        limiter().count_failure(address_key(address))
        raise InvalidCredentials(headers={"WWW-Authenticate": "Bearer"})
    limiter().forget(account_key(email))
    session_id = uuid4()
    refresh_token = make_refresh_token(session_id)
    lifetime = timedelta(seconds=current_settings().refresh_token_seconds)
    db.session.add(
        Session(
            id=session_id,
            user_id=user.id,
            refresh_hash=hash_refresh_token(refresh_token),
            created_at=utc_now(),
            expires_at=utc_now() + lifetime,
        )
    )
    db.session.flush()
    return _token_pair(user.id, session_id, refresh_token, int(lifetime.total_seconds()))


def refresh_tokens(*, refresh_token: str) -> TokenPair:
    """Trade a refresh token for the session's next pair; a used one ends the session.

    Raises:
        InvalidRefreshToken: it is unknown, expired, revoked, or was used before.
    """
    session = db.session.get(Session, session_of(refresh_token) or uuid4(), with_for_update=True)
    if session is None or session.revoked_at or session.expires_at <= utc_now():
        raise _invalid_refresh_token()
    if db.session.scalar(select(User.disabled).where(User.id == session.user_id)):
        raise _invalid_refresh_token()
    if session.refresh_hash != hash_refresh_token(refresh_token):
        session.revoked_at = utc_now()
        db.session.commit()  # the refusal's own effect, which must outlive it
        raise _invalid_refresh_token()
    successor = make_refresh_token(session.id)
    session.refresh_hash = hash_refresh_token(successor)
    db.session.flush()
    return _token_pair(
        session.user_id,
        session.id,
        successor,
        int((session.expires_at - utc_now()).total_seconds()),
    )


def log_out(*, session_id: UUID) -> None:
    """End one session."""
    db.session.execute(update(Session).where(Session.id == session_id).values(revoked_at=utc_now()))


def update_me(*, user_id: UUID, changes: dict[str, Any]) -> User:
    """Change one's own name, which one's reviews show at once, or e-mail address.

    Raises:
        PreconditionFailed: the account changed since it was read.
        ValidationFailed: a new address without the password, or with a wrong one.
        TooManyRequests: too many wrong passwords.
        EmailTaken: another account has the address.
    """
    password, checked = changes.pop("current_password", None), None
    current = _account(user_id)
    if changes.get("email", current.email) != current.email:
        if password is None:
            raise ValidationFailed(
                FieldError("body", "/current_password", "required", "is required")
            )
        _require_password(current.email, current.password_hash, password)
        checked = current.password_hash
    user = _lock_user(user_id)
    require_match(version_tag(user.version), required=False)
    if changes.get("email", user.email) != user.email:
        _require_same(checked, user)
    renamed = changes.get("name", user.name) != user.name
    with refusing(uq_users_email=EmailTaken):
        user.change(**changes)
    if renamed:
        theirs = update(Review).where(Review.user_id == user_id).values(version=Review.version + 1)
        db.session.execute(theirs, execution_options={"synchronize_session": False})
    return user


def change_password(*, user_id: UUID, current_password: str, new_password: str) -> None:
    """Change one's password and end every session.

    Raises:
        ValidationFailed: the current password is wrong.
        TooManyRequests: too many wrong passwords.
    """
    current = _account(user_id)
    _require_password(current.email, current.password_hash, current_password)
    password_hash = hash_password(new_password)
    user = _lock_user(user_id)
    _require_same(current.password_hash, user)
    user.password_hash = password_hash
    _end_sessions(user_id)


def update_user(*, user_id: UUID, changes: dict[str, Any]) -> User:
    """Change somebody's role, or disable them, which ends their sessions.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
        LastAdmin: nobody else would be an active admin.
    """
    active_admins = select(User.id).where(User.role == "admin", User.disabled.is_(False))
    admins = db.session.scalars(active_admins.order_by(User.id).with_for_update()).all()
    user = _lock_user(user_id)
    require_match(version_tag(user.version))
    user.change(**changes)
    if list(admins) == [user.id] and (user.role != "admin" or user.disabled):
        raise LastAdmin
    if user.disabled:
        _end_sessions(user.id)
    db.session.flush()
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


def _account(user_id: UUID) -> Any:
    with reading() as connection:
        row = connection.execute(
            select(User.email, User.password_hash).where(User.id == user_id)
        ).first()
    if row is None:
        raise NotFound
    return row


def _lock_user(user_id: UUID) -> User:
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    return user


def _require_password(email: str, password_hash: str, password: str) -> None:
    require_attempts_left(email)
    if not verify_password(password_hash, password):
        limiter().count_failure(account_key(email))
        raise _wrong_password()


def _require_same(checked: str | None, user: User) -> None:
    if user.password_hash != checked:
        raise _wrong_password()  # it was changed while it was checked


def _wrong_password() -> ValidationFailed:
    return ValidationFailed(
        FieldError("body", "/current_password", "incorrect", "is not the current password")
    )


def _end_sessions(user_id: UUID) -> None:
    live = update(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    db.session.execute(live.values(revoked_at=utc_now()))
