"""The steps of SQLAlchemy: flush, commit, and COMMIT, which it does not run as a statement."""

from bookstore_recorder.spans import wrap


def install() -> None:
    """Wrap the steps once their modules are imported."""
    wrap("sqlalchemy.orm.session", "Session.commit", "transaction")
    wrap("sqlalchemy.orm.session", "Session._flush", "transaction", "Session.flush")
    wrap("sqlalchemy.engine.default", "DefaultDialect.do_commit", "sql", "COMMIT")
