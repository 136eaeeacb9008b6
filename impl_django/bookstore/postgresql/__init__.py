"""Django's backend for PostgreSQL, with a pool that does not wait for a database that is away."""
