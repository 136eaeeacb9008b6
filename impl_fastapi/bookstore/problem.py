"""What a request can be refused with, and how that is said (RFC 9457)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import Response
from pydantic_core import to_json
from starlette.types import Scope

REGISTRY = "https://bookstore.example/problems/"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: `pointer` (RFC 6901) for the body, `name` for everything else."""

    where: str
    at: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As the contract's `FieldError`."""
        place = "pointer" if self.where == "body" else "name"
        return {
            "location": self.where,
            place: self.at[:1000],
            "code": self.code,
            "detail": self.detail,
        }


class Problem(Exception):
    """Whatever a request can be refused with; subclasses are the registry's names.

    Their docstrings are the usual `detail`.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail or self.__doc__)
        self.detail = str(self)
        self.members = members
        self.headers: dict[str, str] = {}

    def as_json(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """As the contract's `Problem`."""
        return {
            "type": REGISTRY + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance[:8192],
            "request_id": request_id,
            **self.members,
        }


def problem_response(problem: Problem, scope: Scope) -> Response:
    """The problem as RFC 9457 has it."""
    request_id = scope["state"]["request_id"]
    body = to_json(problem.as_json(instance=scope["path"], request_id=request_id))
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(body, problem.status, headers, "application/problem+json")
