"""What goes over the wire for stock adjustments."""

from typing import Any

from ..fields import LONG_TEXT, Choice, Integer, StrictSchema, Text, invalid
from ..http import timestamp
from .models import REASONS


class Delta(Integer):
    """Copies that came or went; never none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(-1_000_000, 1_000_000, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> int:
        delta = super()._deserialize(value, attr, data, **rest)
        if delta == 0:
            raise invalid("range", "must not be 0")
        return delta


class StockAdjustmentCreation(StrictSchema):
    """The contract's StockAdjustmentCreation."""

    delta = Delta(required=True)
    reason = Choice(*REASONS, required=True)
    note = Text(1, 500, LONG_TEXT, allow_none=True)


def show_adjustment(adjustment: Any) -> dict[str, Any]:
    """The contract's StockAdjustment, from a model or a row."""
    return {
        "id": str(adjustment.id),
        "book_id": str(adjustment.book_id),
        "delta": adjustment.delta,
        "reason": adjustment.reason,
        "note": adjustment.note,
        "on_hand": adjustment.on_hand,
        "user_id": str(adjustment.user_id) if adjustment.user_id else None,
        "created_at": timestamp(adjustment.created_at),
    }
