"""The first tables: conversations, turns, offers, the log and its keys, revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("dialogue", sa.JSON, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
    )
    op.create_table(
        "turns",
        sa.Column(
            "conversation_id", sa.String, sa.ForeignKey("conversations.id"), primary_key=True
        ),
        sa.Column("client_message_id", sa.String, primary_key=True),
        sa.Column("turn_id", sa.String, nullable=False, unique=True),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("reply", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "offers",
        sa.Column(
            "conversation_id", sa.String, sa.ForeignKey("conversations.id"), primary_key=True
        ),
        sa.Column("payload", sa.String, primary_key=True),
    )
    op.create_table(
        "records",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("conversation_id", sa.String, sa.ForeignKey("conversations.id")),
        sa.Column("seq", sa.Integer),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("envelope", sa.JSON, nullable=False),
        sa.UniqueConstraint("conversation_id", "seq"),
    )
    op.create_index("ix_records_conversation_id", "records", ["conversation_id", "number"])
    op.create_table(
        "sealed_fields",
        sa.Column("record_number", sa.Integer, sa.ForeignKey("records.number"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "conversation_keys",
        sa.Column(
            "conversation_id", sa.String, sa.ForeignKey("conversations.id"), primary_key=True
        ),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "revisions",
        sa.Column("revision", sa.String, primary_key=True),
        sa.Column("published_at", sa.String, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
    )
    op.create_table("probe", sa.Column("n", sa.Integer, primary_key=True))
    # The log is append-only, also for whoever has a connection (docs/adr/0004).
    if op.get_bind().dialect.name == "sqlite":
        for table, same in (("records", _SAME_RECORD), ("revisions", _SAME_REVISION)):
            _forbid_changes(table, same)


_SAME_RECORD = "number = NEW.number OR (conversation_id = NEW.conversation_id AND seq = NEW.seq)"
_SAME_REVISION = "revision = NEW.revision"


def _forbid_changes(table: str, same: str) -> None:
    """Refuse UPDATE and DELETE, and REPLACE, which deletes without firing DELETE triggers."""
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refusal}")
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  # both are constants
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refusal}"
    )


def downgrade() -> None:
    """There is no way back from the first migration."""
    raise RuntimeError("the first migration cannot be undone; restore a backup instead")
