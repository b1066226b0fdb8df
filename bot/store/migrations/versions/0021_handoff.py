"""Conversations with a person: who waits, who has claimed, how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "handoffs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("reference", sa.String, nullable=False, unique=True),
        sa.Column("conversation_id", sa.String, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("turn_id", sa.String, nullable=False),
        sa.Column("question_seq", sa.Integer),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("service", sa.String),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("is_urgent", sa.Boolean, nullable=False),
        sa.Column("requested_at", sa.String, nullable=False),
        sa.Column("assigned_to", sa.String),
        sa.Column("assigned_name", sa.String),
        sa.Column("claimed_by", sa.String),
        sa.Column("claimed_name", sa.String),
        sa.Column("lease_until", sa.String),
        sa.Column("first_claimed_at", sa.String),
        sa.Column("first_reply_at", sa.String),
        sa.Column("ended_at", sa.String),
        sa.Column("result", sa.String),
        sa.Column("helpful", sa.Boolean),
        sa.Column("alarmed_at", sa.String),
    )
    op.create_index("ix_handoffs_conversation_id", "handoffs", ["conversation_id"])
    op.create_index("ix_handoffs_state", "handoffs", ["state", "requested_at"])
    op.create_table(
        "staff_messages",
        sa.Column("handoff_id", sa.String, sa.ForeignKey("handoffs.id"), primary_key=True),
        sa.Column("client_message_id", sa.String, primary_key=True),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """There is no way back, as from the first migration."""
    raise RuntimeError("this migration cannot be undone; restore a backup instead")
