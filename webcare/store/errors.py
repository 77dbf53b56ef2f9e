"""What can be wrong with a database, in one clear sentence each. No message names a password or a row."""

from __future__ import annotations


class StoreError(Exception):
    """The database did not do it, and nothing of it was kept. The subclasses say why."""


class StoreUnavailable(StoreError):  # noqa: N818 - named for what the caller does: back off, as ports/errors explains
    """Missing, unreachable or gone: back off and try again."""


class StoreLocked(StoreError):  # noqa: N818 - see StoreUnavailable
    """Another process holds it."""


class StoreReadOnly(StoreError):  # noqa: N818 - see StoreUnavailable
    """It may be read and not written."""


class StoreFull(StoreError):  # noqa: N818 - see StoreUnavailable
    """No room is left."""


class StoreDenied(StoreError):  # noqa: N818 - see StoreUnavailable
    """The user name or the password is wrong, or the user may not do this."""


class StoreClosed(StoreError):  # noqa: N818 - see StoreUnavailable
    """It was closed; a bug in the order of stopping."""


class StoreNotMigrated(StoreError):  # noqa: N818 - see StoreUnavailable
    """Its schema is older or newer than this program."""


class StoreUnsupported(StoreError):  # noqa: N818 - see StoreUnavailable
    """The address names a database that webcare does not speak, or whose driver is not installed."""
