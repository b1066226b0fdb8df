"""What was made live when, and what the golden questions said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables; what was live is not undone, only followed by something else."""
    op.create_table(
        "publications",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.String, sa.ForeignKey("revisions.revision"), nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "evaluations",
        sa.Column("fingerprint", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("verdicts", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'publications is append-only'); END"
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER publications_no_{verb.lower()} BEFORE {verb} ON publications {refusal}"
            )
        same = "EXISTS (SELECT 1 FROM publications WHERE number = NEW.number)"
        op.execute(
            f"CREATE TRIGGER publications_no_replace BEFORE INSERT ON publications WHEN {same} {refusal}"
        )


def downgrade() -> None:
    """There is no way back, as from the first migration."""
    raise RuntimeError("this migration cannot be undone; restore a backup instead")
