"""Whose word counts and what each ingest did: trust, families, batches, tombstones of withdrawn works."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CLUSTERED = {"sqlite_with_rowid": False}
WORK_COLUMNS = ("label", "trusted", "carried", "basis", "family", "sketch", "added_by", "changed_by")
VENDOR_FOLDERS = (
    "!_vendor",
    "vendor",
    "vendored",
    "third!_party",
    "third-party",
    "node!_modules",
    "extern",
    "!_extern",
)
COUNTS = ("added", "replaced", "unchanged", "licence_changed", "title_changed", "left_out")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column("when_", MOMENT, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("undone_at", MOMENT),
    )
    op.create_table(
        "replaced_works",
        sa.Column("batch_id", BIG_KEY, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("work_key", BIG_KEY, primary_key=True, index=True),
        sa.Column("before", sa.Text(), nullable=False),
        **CLUSTERED,
    )
    op.create_table(
        "tombstones",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column("work_key", BIG_KEY, nullable=False, index=True),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("content_hash", sa.LargeBinary(16), nullable=False, index=True),
        sa.Column("title", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("who", sa.Text()),
        sa.Column("when_", MOMENT, nullable=False),
        sa.Column("readmitted_by", sa.BigInteger()),
    )
    op.create_index("ix_tombstones_source", "tombstones", ["source"], postgresql_using="hash")
    op.create_table(
        "family_keys",
        sa.Column("value", sa.BigInteger(), primary_key=True),
        sa.Column("family", sa.BigInteger(), primary_key=True),
        **CLUSTERED,
    )
    # Columns that SQLite can add without writing the table anew; so none refers to another table.
    op.add_column("works", sa.Column("label", sa.Text()))
    op.add_column("works", sa.Column("trusted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("works", sa.Column("carried", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("works", sa.Column("basis", sa.String(32)))
    op.add_column("works", sa.Column("family", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("works", sa.Column("sketch", sa.LargeBinary()))
    op.add_column("works", sa.Column("added_by", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("works", sa.Column("changed_by", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("claims", sa.Column("batch_id", sa.BigInteger()))
    carried = " OR ".join(f"source_id LIKE '%/{name}/%' ESCAPE '!'" for name in VENDOR_FOLDERS)
    op.execute(f"UPDATE works SET carried = true WHERE {carried}")  # noqa: S608 - the names above
    op.execute("UPDATE works SET family = key")  # each work by itself, until `compact` finds the families


def downgrade() -> None:
    for name in ("family_keys", "tombstones", "replaced_works", "batches"):
        op.drop_table(name)
    with op.batch_alter_table("claims") as claims:
        claims.drop_column("batch_id")
    with op.batch_alter_table("works") as works:
        for name in WORK_COLUMNS:
            works.drop_column(name)
