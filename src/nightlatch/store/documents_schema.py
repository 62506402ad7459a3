"""The documents' schema, brought up to date by Alembic when the store is opened."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from nightlatch.store.ports import StoreFailed

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Raises StoreFailed for what a newer Nightlatch wrote."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if _up_to_date(connection, scripts):
            return
    # Two processes may start on a new file at once: the second waits here, and finds it done.
    with engine.connect().execution_options(exclusive=True) as connection, connection.begin():
        if not _up_to_date(connection, scripts):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _up_to_date(connection: sa.Connection, scripts: ScriptDirectory) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    newest = scripts.get_current_head()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise StoreFailed(
            f"a newer Nightlatch wrote the documents: their schema is {current}, this one knows "
            f"only {newest}. Upgrade, or give another data directory."
        )
    return current == newest
