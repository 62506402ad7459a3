"""Alembic's entry: runs the migrations on the connection it is given, in that one transaction."""

from alembic import context

from nightlatch.store.sql_documents import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    transactional_ddl=True,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
