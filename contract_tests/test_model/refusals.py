"""Why a request is refused."""

from harness.contract import Json
from test_model.request import Request
from test_model.sold import Order
from test_model.things import User

STATUSES = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "precondition-failed": 412,
    "validation-failed": 422,
    "idempotency-key-reused": 422,
    "precondition-required": 428,
}
"""Of each problem; every other one is a conflict, 409."""


class Refused(Exception):
    """The request is refused with one of these problems, and changes nothing."""

    def __init__(self, *problems: str, items: Json = None) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems
        self.items = items
        """What is short or was repriced, where the answer lists it."""

    def allows(self, status: int, problem: str) -> bool:
        """Whether an answer may be this one."""
        return problem in self.problems and status == STATUSES.get(problem, 409)


def refuse(*problems: str | None) -> None:
    """Refuse for what is no None, if there is any."""
    if named := [problem for problem in problems if problem]:
        raise Refused(*named)


def require(holds: object, problem: str) -> None:
    """Refuse for a problem, unless something holds."""
    refuse(None if holds else problem)


def admitted(request: Request) -> User:
    """Who asks: 401, then 403, come before everything else."""
    who = request.who
    if who is None or not who.signed_in:
        raise Refused("unauthenticated")
    if request.access == "staff" and not who.is_staff:
        raise Refused("forbidden")
    if request.access == "admin" and who.role != "admin":
        raise Refused("forbidden")
    return who


def visible(order: Order, who: User) -> Order:
    """An order that somebody asks for: somebody else's is not there, but for staff."""
    require(order.user is who or who.is_staff, "not-found")
    return order
