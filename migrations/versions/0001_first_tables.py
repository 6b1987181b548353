"""The first tables: works with their creators, claims and signals; segments; phrases; canaries; the check log."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CHOICE = sa.String(32)
CLUSTERED = {"sqlite_with_rowid": False}


def of_work(*, primary_key: bool = False) -> "sa.Column[int]":
    return sa.Column(
        "work_key",
        BIG_KEY,
        sa.ForeignKey("works.key", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def of_segment() -> "sa.Column[int]":
    return sa.Column(
        "segment_id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        sa.ForeignKey("segments.id", ondelete="CASCADE"),
        primary_key=True,
    )


def upgrade() -> None:
    create_works()
    create_licences()
    create_segments()
    create_log()


def create_works() -> None:
    for name in ("collections", "creators"):
        op.create_table(
            name, sa.Column("id", BIG_KEY, primary_key=True), sa.Column("name", sa.Text(), nullable=False, unique=True)
        )
    op.create_table(
        "works",
        sa.Column("key", BIG_KEY, primary_key=True, autoincrement=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("collection_id", BIG_KEY, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("year", sa.Integer()),
        sa.Column("source", sa.Text()),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("licence", sa.Text()),
        sa.Column("copyright", sa.Text()),
        sa.Column("notice", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("content_hash", sa.LargeBinary(16), nullable=False, index=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("keep", CHOICE, nullable=False),
        sa.Column("ingested_at", MOMENT, nullable=False),
        sa.Column("place", sa.Text()),
    )
    op.create_index("ix_works_source_id", "works", ["source_id"], postgresql_using="hash")
    op.create_table(
        "work_creators",
        of_work(primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("creator_id", BIG_KEY, sa.ForeignKey("creators.id"), nullable=False, index=True),
        **CLUSTERED,
    )


def create_licences() -> None:
    op.create_table(
        "claims",
        sa.Column("id", BIG_KEY, primary_key=True),
        of_work(),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("licence", sa.Text()),
        sa.Column("basis", CHOICE, nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("who", sa.Text()),
        sa.Column("when_", MOMENT, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
    )
    op.create_index("ix_claims_work_key", "claims", ["work_key"])
    op.create_table(
        "signals",
        sa.Column("id", BIG_KEY, primary_key=True),
        of_work(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("observed_at", MOMENT),
    )
    op.create_index("ix_signals_work_key", "signals", ["work_key"])


def create_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
        sa.Column("works", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("tokenizer", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
    )
    op.create_table(
        "segment_members",
        of_segment(),
        sa.Column("ordinal", sa.BigInteger(), primary_key=True),
        sa.Column("work_key", sa.BigInteger(), primary_key=True, index=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        **CLUSTERED,
    )
    op.create_index(
        "ix_segment_members_dead",
        "segment_members",
        ["live", "segment_id", "ordinal"],
        sqlite_where=sa.text("live = 0"),
        postgresql_where=sa.text("NOT live"),
    )
    op.create_table(
        "phrases",
        of_work(primary_key=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text()),
    )
    op.create_table(
        "canaries",
        of_segment(),
        sa.Column("fingerprint", sa.BigInteger(), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True),
        **CLUSTERED,
    )


def create_log() -> None:
    op.create_table(
        "check_log",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column("when_", MOMENT, nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
    )
    meta = op.create_table(
        "meta", sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text(), nullable=False)
    )
    op.bulk_insert(meta, [{"key": key, "value": "0"} for key in ("generation", "works", "tokens")])
    op.bulk_insert(meta, [{"key": "identity", "value": uuid.uuid4().hex}])
    op.bulk_insert(meta, [{"key": "indexed_at", "value": ""}])


def downgrade() -> None:
    for name in (
        "meta", "check_log", "canaries", "phrases", "segment_members", "segments", "signals", "claims",
        "work_creators", "works", "creators", "collections",
    ):  # fmt: skip
        op.drop_table(name)
