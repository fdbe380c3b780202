"""Alembic's entry: runs migrations on the connection that `marketplace.core.migrations` hands over."""

from alembic import context
from sqlalchemy import MetaData

from marketplace.core.db import NAMES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MetaData(naming_convention=NAMES),
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
