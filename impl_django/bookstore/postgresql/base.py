"""A database backend (see Django's "Subclassing the built-in database backends")."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

IMPATIENT_SECONDS = 0.25
"""Enough to connect to a database that is back."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A backend that stops waiting for connections after one wait has failed, until one succeeds.

    psycopg's pool lets each thread wait for `timeout`. With a database that is unavailable, all
    threads would only wait, and health checks would queue behind them.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection of the pool.

        Raises PoolTimeout, an OperationalError.
        """
        if not self.pool:
            return super().get_new_connection(conn_params)
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout:
            if self.pool.pop_stats().get("connections_errors"):  # it is not merely busy
                self.pool.timeout = IMPATIENT_SECONDS
            raise
        self.pool.timeout = self.settings_dict["OPTIONS"]["pool"]["timeout"]
        return connection
