"""What goes over the wire about imports, named as in the contract."""

from typing import Annotated

from ..fields import StrictModel, choice


class ImportQuery(StrictModel):
    """Parameters of `importBooks`."""

    on_error: Annotated[str, choice("skip", "abort")] = "skip"
