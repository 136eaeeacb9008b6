"""What goes over the wire about stock, named as in the contract."""

from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from ..fields import LONG_TEXT, StrictModel, choice, integer, text
from ..http import timestamp


def _not_zero(delta: int) -> int:
    if delta == 0:
        raise PydanticCustomError("range", "must not be 0")
    return delta


class StockAdjustmentCreation(StrictModel):
    """Body of `adjustStock`."""

    delta: Annotated[int, AfterValidator(_not_zero), integer(-1_000_000, 1_000_000)]
    reason: Annotated[str, choice("received", "returned", "damaged", "lost", "correction")]
    note: Annotated[str, text(1, 500, LONG_TEXT)] | None = None


def show_adjustment(entry: Any) -> dict[str, Any]:
    """An entry of the ledger as `StockAdjustment`."""
    return {
        "id": entry.id,
        "book_id": entry.book_id,
        "delta": entry.delta,
        "reason": entry.reason,
        "note": entry.note,
        "on_hand": entry.on_hand,
        "user_id": entry.user_id,
        "created_at": timestamp(entry.created_at),
    }
