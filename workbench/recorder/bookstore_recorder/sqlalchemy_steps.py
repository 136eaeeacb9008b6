"""What SQLAlchemy does with a unit of work, and its COMMIT, which is no statement to it."""

from bookstore_recorder.spans import wrap


def install() -> None:
    """Wrap it once it is imported."""
    wrap("sqlalchemy.orm.session", "Session.commit", "transaction")
    wrap("sqlalchemy.orm.session", "Session._flush", "transaction", "Session.flush")
    wrap("sqlalchemy.engine.default", "DefaultDialect.do_commit", "sql", "COMMIT")
