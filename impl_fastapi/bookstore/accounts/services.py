"""The rules of accounts: sessions end at once, and the last active admin stays one."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Update, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import AnyRow, now
from ..errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    LastAdmin,
    NotFound,
    Unauthenticated,
    ValidationFailed,
)
from ..http import Precondition, version_tag
from ..problem import FieldError
from ..reviews.models import Review, reviews
from ..settings import current_settings
from .limits import LoginLimiter
from .models import Session, User, sessions, users
from .schemas import Credentials, MeUpdate, PasswordChange, UserRegistration, UserUpdate
from .tokens import (
    check_password,
    hash_password,
    make_access_token,
    make_refresh_token,
    refresh_hash,
    refresh_session_id,
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a session is continued with; durations in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


async def register_user(session: AsyncSession, *, data: UserRegistration) -> User:
    """A new customer (registerUser).

    Raises EmailTaken.
    """
    password_hash = await hash_password(data.password)
    return await _add_user(
        session, User(email=data.email, name=data.name, password_hash=password_hash)
    )


async def log_in(
    session: AsyncSession, limiter: LoginLimiter, *, data: Credentials, address: str
) -> TokenPair:
    """A new session (login); a disabled account's password is as wrong as any.

    Raises InvalidCredentials, TooManyRequests.
    """
    await limiter.require_attempts_left(data.email, address)
    found = (
        await session.execute(
            select(users.id, users.password_hash).where(users.email == data.email, ~users.disabled)
        )
    ).first()
    await session.commit()  # gives SQLite's write lock back while the password is checked
    if not await check_password(found.password_hash if found else None, data.password) or not found:
        await limiter.count_failure(data.email, address)
        raise InvalidCredentials
    await limiter.forget(data.email)
    lifetime = timedelta(seconds=current_settings().refresh_token_seconds)
    login = Session(user_id=found.id, refresh_hash="", expires_at=now() + lifetime)
    token = make_refresh_token(login.id)
    login.refresh_hash = refresh_hash(token)
    session.add(login)
    await session.flush()
    return _token_pair(login, token)


async def refresh_tokens(session: AsyncSession, *, refresh_token: str) -> TokenPair | None:
    """The next pair of a session (refreshTokens); None once the token was used: the session ended.

    None instead of an error, for the session's end has to be committed.
    Raises InvalidRefreshToken if the token names no live session.
    """
    login = await _live_session(session, refresh_token)
    token = make_refresh_token(login.id)
    rotated = await session.scalar(
        update(Session)
        .where(sessions.id == login.id, sessions.refresh_hash == refresh_hash(refresh_token))
        .where(sessions.revoked_at.is_(None))
        .values(refresh_hash=refresh_hash(token))
        .returning(sessions.id)
    )
    if rotated is not None:
        return _token_pair(login, token)
    await session.execute(_revoke().where(sessions.id == login.id))
    return None


async def log_out(session: AsyncSession, *, session_id: UUID) -> None:
    """Ends a session (logout)."""
    await session.execute(_revoke().where(sessions.id == session_id))


async def update_me(
    session: AsyncSession,
    limiter: LoginLimiter,
    *,
    user_id: UUID,
    data: MeUpdate,
    precondition: Precondition,
) -> User:
    """One's own account (updateMe); a new e-mail address needs the password.

    Raises EmailTaken, PreconditionFailed, TooManyRequests, ValidationFailed.
    """
    checked = None
    if "email" in data.model_fields_set:
        checked = await _password_for_email(session, limiter, user_id, data)
    user = await _locked(session, user_id)
    precondition.require(version_tag(user.version))
    changes = data.model_dump(exclude_unset=True, exclude={"current_password"})
    if changes.get("email", user.email) != user.email:
        _require_same(checked, user)
    if changes.get("name", user.name) != user.name:
        await _renew_reviews(session, user_id)
    return await _change(session, user, changes)


async def change_password(
    session: AsyncSession, limiter: LoginLimiter, *, user_id: UUID, data: PasswordChange
) -> None:
    """A new password (changePassword); ends every session.

    Raises TooManyRequests, ValidationFailed.
    """
    known = await _known(session, user_id)
    await _require_password(limiter, known, data.current_password)
    password_hash = await hash_password(data.new_password)
    user = await _locked(session, user_id)
    _require_same(known.password_hash, user)
    user.password_hash = password_hash
    await session.execute(_revoke().where(sessions.user_id == user_id))


async def update_user(
    session: AsyncSession, *, user_id: UUID, data: UserUpdate, precondition: Precondition
) -> User:
    """Somebody's role or whether they are disabled (updateUser); disabling ends their sessions.

    Raises LastAdmin, NotFound, PreconditionFailed, PreconditionRequired.
    """
    active_admins = (
        await session.scalars(
            select(users.id)
            .where(users.role == "admin", ~users.disabled)
            .order_by(users.id)
            .with_for_update()
        )
    ).all()
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound
    precondition.require(version_tag(user.version))
    changes = data.model_dump(exclude_unset=True)
    stays = changes.get("role", user.role) == "admin" and not changes.get("disabled", user.disabled)
    if list(active_admins) == [user_id] and not stays:
        raise LastAdmin
    if changes.get("disabled"):
        await session.execute(_revoke().where(sessions.user_id == user_id))
    return await _change(session, user, changes)


async def create_user(session: AsyncSession, *, data: UserRegistration, role: str) -> User:
    """An account with a role (the command create-user).

    Raises EmailTaken.
    """
    password_hash = await hash_password(data.password)
    user = User(email=data.email, name=data.name, password_hash=password_hash, role=role)
    return await _add_user(session, user)


async def _add_user(session: AsyncSession, user: User) -> User:
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return user


async def _locked(session: AsyncSession, user_id: UUID) -> User:
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise Unauthenticated(token_sent=True)  # gone since the token was read
    return user


async def _change(session: AsyncSession, user: User, changes: dict[str, object]) -> User:
    if any(getattr(user, name) != value for name, value in changes.items()):
        user.sqlmodel_update(changes)
        user.renew()
        return await _add_user(session, user)
    return user


async def _known(session: AsyncSession, user_id: UUID) -> AnyRow:
    """An account's address and hash, with nothing locked while the password is checked."""
    statement = select(users.email, users.password_hash).where(users.id == user_id)
    known = (await session.execute(statement)).first()
    await session.commit()
    if known is None:
        raise Unauthenticated(token_sent=True)  # gone since the token was read
    return known


async def _password_for_email(
    session: AsyncSession, limiter: LoginLimiter, user_id: UUID, data: MeUpdate
) -> str | None:
    """The hash of the password that a new e-mail address needs; None if the address is not new."""
    known = await _known(session, user_id)
    if data.email == known.email:
        return None
    if "current_password" not in data.model_fields_set:
        raise _password_error("required", "is required")
    await _require_password(limiter, known, data.current_password)
    return str(known.password_hash)


async def _require_password(limiter: LoginLimiter, known: AnyRow, password: str) -> None:
    await limiter.require_attempts_left(known.email)
    if not await check_password(known.password_hash, password):
        await limiter.count_failure(known.email)
        raise _wrong_password()


def _require_same(checked: str | None, user: User) -> None:
    if user.password_hash != checked:
        raise _wrong_password()  # it was changed while it was checked


def _wrong_password() -> ValidationFailed:
    return _password_error("incorrect", "is not the current password")


def _password_error(code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(FieldError("body", "/current_password", code, detail))


async def _live_session(session: AsyncSession, refresh_token: str) -> Session:
    session_id = refresh_session_id(refresh_token)
    login = await session.scalar(
        select(Session)
        .join(User, users.id == sessions.user_id)
        .where(sessions.id == session_id, sessions.revoked_at.is_(None))
        .where(sessions.expires_at > now(), ~users.disabled)
    )
    if login is None:
        raise InvalidRefreshToken
    return login


def _token_pair(login: Session, refresh_token: str) -> TokenPair:
    return TokenPair(
        access_token=make_access_token(user_id=login.user_id, session_id=login.id),
        token_type="Bearer",
        expires_in=current_settings().access_token_seconds,
        refresh_token=refresh_token,
        refresh_expires_in=max(1, round((login.expires_at - now()).total_seconds())),
    )


async def _renew_reviews(session: AsyncSession, user_id: UUID) -> None:
    """Somebody's reviews are shown under their name."""
    await session.execute(
        update(Review)
        .where(reviews.user_id == user_id)
        .values(version=reviews.version + 1)
        .execution_options(synchronize_session=False)
    )


def _revoke() -> Update:
    return update(Session).where(sessions.revoked_at.is_(None)).values(revoked_at=now())
