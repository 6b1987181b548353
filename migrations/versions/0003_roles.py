"""The role of a work: most are works, some are boilerplate."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("works", sa.Column("role", sa.String(32), nullable=False, server_default="work"))


def downgrade() -> None:
    with op.batch_alter_table("works") as works:
        works.drop_column("role")
