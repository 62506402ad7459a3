"""Summaries of endpoints, kept for each service: two may have the same endpoint."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # No more than the catalogue holds: some thousands.
    rows = op.get_bind().execute(sa.text("SELECT endpoint, document FROM endpoints")).all()
    op.drop_table("endpoints")
    made = op.create_table(
        "endpoints",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    kept = [
        {"service": _service(document), "endpoint": endpoint, "document": document}
        for endpoint, document in rows
    ]
    op.bulk_insert(made, kept)


def _service(document: str) -> str:
    """A damaged document stays, and is told of by whoever reads it."""
    try:
        return str(json.loads(document)["service"])
    except (ValueError, KeyError, TypeError):
        return ""
