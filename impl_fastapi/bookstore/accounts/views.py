"""The operations of the tag `accounts`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ..auth import ADMIN, SIGNED_IN, SignedIn
from ..database import Reader, Transaction
from ..errors import InvalidRefreshToken
from ..http import IfMatch, IfMatchOptional, answer, done, not_modified, version_tag
from ..inputs import client_address, read_json, read_patch, read_query
from ..pagination import page_answer
from . import queries, services
from .limits import LoginLimiter
from .schemas import (
    Credentials,
    MeUpdate,
    PasswordChange,
    RefreshRequest,
    UserQuery,
    UserRegistration,
    UserUpdate,
    show_user,
)

router = APIRouter()


async def _limiter(request: Request) -> LoginLimiter:
    limiter: LoginLimiter = request.app.state.limiter
    return limiter


Limiter = Annotated[LoginLimiter, Depends(_limiter)]


@router.get("/users", dependencies=[ADMIN])
async def list_users(
    request: Request, query: Annotated[UserQuery, read_query(UserQuery)], reader: Reader
) -> Response:
    """listUsers."""
    page = await queries.list_users(reader, query=query)
    return page_answer(request, page, show_user)


@router.post("/users")
async def register_user(
    data: Annotated[UserRegistration, read_json(UserRegistration)], transaction: Transaction
) -> Response:
    """registerUser."""
    user = await services.register_user(transaction, data=data)
    etag = version_tag(user.version)
    return answer(show_user(user), 201, etag=etag, location=f"/users/{user.id}")


@router.post("/auth/login")
async def login(
    request: Request,
    data: Annotated[Credentials, read_json(Credentials)],
    transaction: Transaction,
    limiter: Limiter,
) -> Response:
    """login."""
    address = client_address(request)
    return answer(await services.log_in(transaction, limiter, data=data, address=address))


@router.post("/auth/refresh")
async def refresh_tokens(
    data: Annotated[RefreshRequest, read_json(RefreshRequest)], transaction: Transaction
) -> Response:
    """refreshTokens."""
    pair = await services.refresh_tokens(transaction, refresh_token=data.refresh_token)
    if pair is None:
        await transaction.commit()  # the session's end outlives the refusal
        raise InvalidRefreshToken
    return answer(pair)


@router.post("/auth/logout", dependencies=[SIGNED_IN])
async def logout(caller: SignedIn, transaction: Transaction) -> Response:
    """logout."""
    await services.log_out(transaction, session_id=caller.session_id)
    return done()


@router.get("/users/me", dependencies=[SIGNED_IN])
async def get_me(request: Request, caller: SignedIn, reader: Reader) -> Response:
    """getMe."""
    user = await queries.get_user(reader, user_id=caller.id)
    etag = version_tag(user.version)
    return not_modified(request, etag) or answer(show_user(user), etag=etag)


@router.patch("/users/me", dependencies=[SIGNED_IN])
async def update_me(
    caller: SignedIn,
    data: Annotated[MeUpdate, read_patch(MeUpdate)],
    precondition: IfMatchOptional,
    transaction: Transaction,
    limiter: Limiter,
) -> Response:
    """updateMe."""
    user = await services.update_me(
        transaction, limiter, user_id=caller.id, data=data, precondition=precondition
    )
    return answer(show_user(user), etag=version_tag(user.version))


@router.put("/users/me/password", dependencies=[SIGNED_IN])
async def change_password(
    caller: SignedIn,
    data: Annotated[PasswordChange, read_json(PasswordChange)],
    transaction: Transaction,
    limiter: Limiter,
) -> Response:
    """changePassword."""
    await services.change_password(transaction, limiter, user_id=caller.id, data=data)
    return done()


@router.get("/users/{user_id:uuid}", dependencies=[ADMIN])
async def get_user(request: Request, user_id: UUID, reader: Reader) -> Response:
    """getUser."""
    user = await queries.get_user(reader, user_id=user_id)
    etag = version_tag(user.version)
    return not_modified(request, etag) or answer(show_user(user), etag=etag)


@router.patch("/users/{user_id:uuid}", dependencies=[ADMIN])
async def update_user(
    user_id: UUID,
    data: Annotated[UserUpdate, read_patch(UserUpdate)],
    precondition: IfMatch,
    transaction: Transaction,
) -> Response:
    """updateUser."""
    user = await services.update_user(
        transaction, user_id=user_id, data=data, precondition=precondition
    )
    return answer(show_user(user), etag=version_tag(user.version))
