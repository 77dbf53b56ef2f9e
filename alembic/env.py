"""What alembic runs. The work is in webcare/store/migrate.py, where an installed webcare has it too."""

from alembic import context

from webcare.store.migrate import run_scripts

run_scripts(context.config.attributes.get("connection"))
