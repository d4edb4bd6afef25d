"""Training runs that are kept: in SQLite, or whatever database SQLAlchemy is told of."""

from explorer.archive.archive import Archive, Kept, shared_archive

__all__ = ["Archive", "Kept", "shared_archive"]
