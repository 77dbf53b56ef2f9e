"""What every file that draws tables shares: one metadata, with names for what needs one, and the columns that all of them have."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

from webcare.store.text import CleanText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER primary key
Id = CleanText(300)
