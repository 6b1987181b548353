"""The fingerprint of phrases whose tokens are not kept, and the number of these tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phrases", sa.Column("fingerprint", sa.BigInteger()))
    op.add_column("phrases", sa.Column("length", sa.Integer()))


def downgrade() -> None:
    with op.batch_alter_table("phrases") as phrases:
        phrases.drop_column("length")
        phrases.drop_column("fingerprint")
