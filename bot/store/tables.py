"""The tables. Times are UTC with microseconds, as text, so that they sort and never lose their zone."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("locale", String, nullable=False),
    Column("state", String, nullable=False),
    Column("dialogue", JSON, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("started_at", String, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("client_message_id", String, primary_key=True),
    Column("turn_id", String, nullable=False, unique=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("reply", LargeBinary, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("payload", String, primary_key=True),
)

records = Table(
    "records",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("conversation_id", ForeignKey("conversations.id")),
    Column("seq", Integer),
    Column("at", String, nullable=False),
    Column("type", String, nullable=False),
    Column("envelope", JSON, nullable=False),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_records_conversation_id", "conversation_id", "number"),
)

sealed_fields = Table(
    "sealed_fields",
    metadata,
    Column("record_number", ForeignKey("records.number"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

conversation_keys = Table(
    "conversation_keys",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision", String, primary_key=True),
    Column("published_at", String, nullable=False),
    Column("files", LargeBinary, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", ForeignKey("revisions.revision"), nullable=False),
    Column("model", String, nullable=False),
    Column("at", String, nullable=False),
)
"""What was made live, in order; the last one is. ``model`` is a file name, empty where none is wanted."""

evaluations = Table(
    "evaluations",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("verdicts", LargeBinary, nullable=False),
)
"""Which golden questions were answered right, by what they were asked of; saves asking twice."""

staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("login", String, nullable=False, unique=True),
    Column("roles", JSON, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("password_hash", String),
    Column("totp_secret", LargeBinary),
    Column("totp_pending", LargeBinary),
    Column("totp_step", Integer, nullable=False),
    Column("issuer", String),
    Column("subject", String),
    Column("follows_claims", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
    Column("disabled_at", String),
    UniqueConstraint("issuer", "subject"),
)
"""``login`` is the normalised e-mail address; both TOTP columns are sealed (``bot/staff/vault.py``)."""

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey("staff_accounts.id"), nullable=False, index=True),
    Column("used_at", String),
)

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("account_id", ForeignKey("staff_accounts.id"), index=True),
    Column("made_by", String, nullable=False),
    Column("expires_at", String, nullable=False),
)
"""One-time links; a row is deleted when it is used. Without an account it makes an administrator."""

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("public_id", String, nullable=False, unique=True),
    Column("account_id", ForeignKey("staff_accounts.id"), nullable=False, index=True),
    Column("stage", String, nullable=False),
    Column("method", String, nullable=False),
    Column("device", String, nullable=False),
    Column("address", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("seen_at", String, nullable=False),
)

staff_devices = Table(
    "staff_devices",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey("staff_accounts.id"), nullable=False, index=True),
    Column("seen_at", String, nullable=False),
)
"""Browsers in which somebody has signed in before; guessing elsewhere does not slow them down."""

staff_failures = Table(
    "staff_failures",
    metadata,
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", String, nullable=False),
    Column("blocked_until", String, nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", String, primary_key=True),
    Column("reference", String, nullable=False, unique=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("turn_id", String, nullable=False),
    Column("question_seq", Integer),
    Column("section", String, nullable=False),
    Column("service", String),
    Column("reason", String, nullable=False),
    Column("locale", String, nullable=False),
    Column("state", String, nullable=False),
    Column("is_urgent", Boolean, nullable=False),
    Column("requested_at", String, nullable=False),
    Column("assigned_to", String),
    Column("assigned_name", String),
    Column("claimed_by", String),
    Column("claimed_name", String),
    Column("lease_until", String),
    Column("first_claimed_at", String),
    Column("first_reply_at", String),
    Column("ended_at", String),
    Column("result", String),
    Column("helpful", Boolean),
    Column("alarmed_at", String),
    Index("ix_handoffs_state", "state", "requested_at"),
)
"""One conversation's way to a person. No words of anybody stand here: those are sealed in the log."""

staff_messages = Table(
    "staff_messages",
    metadata,
    Column("handoff_id", ForeignKey("handoffs.id"), primary_key=True),
    Column("client_message_id", String, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
)
"""Which replies of staff were sent, so that a repeated one is said once."""

probe = Table("probe", metadata, Column("n", Integer, primary_key=True))
"""Empty at all times; /readyz writes and takes back a row to see that the disk still takes one."""
