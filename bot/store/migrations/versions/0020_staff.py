"""Who may act: staff accounts, their second factor, links, sessions, devices, and failed attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("login", sa.String, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("sections", sa.JSON, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_pending", sa.LargeBinary),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("issuer", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("follows_claims", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("disabled_at", sa.String),
        sa.UniqueConstraint("login"),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        _account(),
        sa.Column("used_at", sa.String),
    )
    op.create_table(
        "staff_invitations",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("purpose", sa.String, nullable=False),
        _account(is_always_there=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=False),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id_hash", sa.LargeBinary, primary_key=True),
        sa.Column("public_id", sa.String, nullable=False),
        _account(),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("seen_at", sa.String, nullable=False),
        sa.UniqueConstraint("public_id"),
    )
    op.create_table(
        "staff_devices",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _account(),
        sa.Column("seen_at", sa.String, nullable=False),
    )
    op.create_table(
        "staff_failures",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.String, nullable=False),
        sa.Column("blocked_until", sa.String, nullable=False),
    )
    for table in ("recovery_codes", "invitations", "sessions", "devices"):
        op.create_index(f"ix_staff_{table}_account_id", f"staff_{table}", ["account_id"])


def _account(*, is_always_there: bool = True) -> sa.Column[str]:
    owner = sa.ForeignKey("staff_accounts.id")
    return sa.Column("account_id", sa.String, owner, nullable=not is_always_there)


def downgrade() -> None:
    """There is no way back, as from the first migration."""
    raise RuntimeError("this migration cannot be undone; restore a backup instead")
