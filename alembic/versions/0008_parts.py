"""Parts: since when a part of a channel is not read, while the rest of it is.

webcare/store/tables.py draws what this makes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
COLUMNS = {"partly_since": INSTANT, "partly_reason": sa.String(), "partly_told_at": INSTANT}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("channel_state", sa.Column(name, kind))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("channel_state", name)
