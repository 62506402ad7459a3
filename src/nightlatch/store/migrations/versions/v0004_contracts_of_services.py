"""Contracts, decided for each service: two may have the same endpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # One for each endpoint that somebody decided about. They held for every service and go on to:
    # no door opens, and none closes, because Nightlatch was upgraded.
    rows = op.get_bind().execute(sa.text("SELECT endpoint, document FROM contracts")).all()
    op.drop_table("contracts")
    made = op.create_table(
        "contracts",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.bulk_insert(
        made,
        [
            {"service": "", "endpoint": endpoint, "document": document}
            for endpoint, document in rows
        ],
    )
