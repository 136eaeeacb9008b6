"""All tables (storage.md): what Alembic compares a database with."""

from sqlmodel import Field

from . import idempotency
from .accounts import models as accounts
from .catalogue import models as catalogue
from .covers import models as covers
from .database import Table
from .orders import models as orders
from .payments import models as payments
from .reviews import models as reviews
from .stock import models as stock

MODULES = (accounts, catalogue, covers, stock, idempotency, reviews, orders, payments)


class SchemaVersion(Table, table=True):
    """The layout's version, in one row; whatever tool made it."""

    __tablename__ = "schema_version"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


METADATA = Table.metadata
