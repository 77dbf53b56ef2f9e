"""The one home of SQLAlchemy Core. Services take a `Connection` in their units of work and hand it to the queries here, no more."""

from sqlalchemy import Connection

__all__ = ["Connection"]
