"""The documents' schema, brought up to date by Alembic when the store is opened."""

from pathlib import Path

import sqlalchemy as sa

from nightlatch.store.ports import StoreFailed

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Raises StoreFailed for what a newer Nightlatch wrote."""
    with engine.connect() as connection:
        if _up_to_date(connection):
            return
    # Two processes may start on a new file at once: the second waits here, and finds it done.
    with engine.connect().execution_options(exclusive=True) as connection, connection.begin():
        if not _up_to_date(connection):
            _migrate(connection)


def revisions() -> list[str]:
    """Of this Nightlatch, the oldest first: their files are named after them."""
    return sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v????_*.py"))


def _up_to_date(connection: sa.Connection) -> bool:
    known = revisions()
    kept = sa.inspect(connection).has_table("alembic_version")
    current = (
        connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if kept else None
    )
    if current is not None and current not in known:
        raise StoreFailed(
            f"a newer Nightlatch wrote the documents: their schema is {current}, this one knows "
            f"only {known[-1]}. Upgrade, or give another data directory."
        )
    return current == known[-1]


def _migrate(connection: sa.Connection) -> None:
    # Late: a third of a second that only new and old documents need.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
