"""Kept training runs: save, list, rename, delete. A run is a row with what a list shows and with all but its points; these are rows of a table of their own.

Who may see a run: its owner lists it (on one's own machine everybody is one owner), and whoever knows its id, which cannot be guessed.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

from msgspec.structs import replace
from sqlalchemy import Float, Integer, LargeBinary, String, create_engine, delete, event, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from explorer.archive.apart import points_apart
from explorer.archive.columns import pack, pieces, unpack, unpack_piece
from explorer.ir import Record, TrainingRun

MOST_RUNS = 200
"""Runs that one owner keeps; the oldest goes when another comes."""

LONGEST_NAME = 80

MOST_LOADED = 8
"""Runs that stay loaded, so that a page that shows them again reads nothing; the one asked for longest ago goes when another comes."""


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "training_runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    created: Mapped[float] = mapped_column(Float)
    dataset: Mapped[str] = mapped_column(String(64))
    steps: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16))
    loss: Mapped[float | None] = mapped_column(Float, nullable=True)
    metric: Mapped[float | None] = mapped_column(Float, nullable=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class _Points(_Base):
    __tablename__ = "training_points"

    run: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """From 0."""
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Kept(Record, frozen=True, kw_only=True):
    """What a list shows of a run."""

    id: str
    name: str
    created: float
    """Seconds since 1970."""
    dataset: str
    steps: int
    status: str
    loss: float | None = None
    """On the rows held back, at the end."""
    metric: float | None = None


class Archive:
    """A database of runs. Every method may be called from many threads at once."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy writes it, such as ``sqlite:///runs.sqlite``; tables are made where they are missing."""
        self._engine = create_engine(url, pool_pre_ping=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _patient)
        _Base.metadata.create_all(self._engine)
        self._loaded: OrderedDict[str, tuple[float, TrainingRun]] = OrderedDict()
        self._lock = Lock()

    def close(self) -> None:
        """Let go of every connection and of what is loaded."""
        self._engine.dispose()
        self._unload(list(self._loaded))

    def save(self, run: TrainingRun, owner: str, name: str, identity: str | None = None) -> str:
        """Keep a run that has ended; returns its id. The owner's oldest runs beyond `MOST_RUNS` go."""
        last = run.snapshots[-1].validation or run.snapshots[-1].train if run.snapshots else None
        row = _Row(
            id=identity or new_id(),
            owner=owner,
            name=name.strip()[:LONGEST_NAME] or "-",
            created=time.time(),
            dataset=run.request.data.dataset,
            steps=run.points[-1].step if run.points else 0,
            status=run.end.status if run.end else "stopped",
            loss=_plain(last.loss) if last else None,
            metric=_plain(last.metric) if last else None,
            content=pack(run),
        )
        with self._writing() as session:
            _forget(session, [row.id])
            session.add(row)
            for place, content in enumerate(pieces(run)):
                session.execute(insert(_Points).values(run=row.id, place=place, content=content))
            kept = select(_Row.id).where(_Row.owner == owner).order_by(_Row.created.desc()).offset(MOST_RUNS)
            _forget(session, session.scalars(kept).all())
            return row.id

    def runs(self, owner: str) -> tuple[Kept, ...]:
        """The owner's runs, the newest first."""
        fields = [getattr(_Row, field) for field in Kept.__struct_fields__]
        with Session(self._engine) as session:
            rows = session.execute(select(*fields).where(_Row.owner == owner).order_by(_Row.created.desc())).all()
        return tuple(Kept(**dict(zip(Kept.__struct_fields__, row, strict=True))) for row in rows)

    def load(self, identity: str) -> TrainingRun | None:
        """A run by its id, its points apart from memory; None where there is none. Raises `explorer.ir.IrError` for one that cannot be read.

        What was loaded before is the same run while its row is as old: of a row only the name ever changes, and that is not in the run.
        """
        with Session(self._engine) as session:
            created = session.scalar(select(_Row.created).where(_Row.id == identity))
            if created is None:
                self._unload([identity])
                return None
            with self._lock:
                then, known = self._loaded.get(identity, (None, None))
            run = known if known is not None and then == created else _read(session, identity)
        if run is not None:
            self._keep_loaded(identity, created, run)
        return run

    def rename(self, identity: str, owner: str, name: str) -> None:
        """Give one of the owner's runs another name; nothing happens where it is not theirs or the name is empty."""
        if not (name := name.strip()[:LONGEST_NAME]):
            return
        with self._writing() as session:
            session.execute(update(_Row).where(_Row.id == identity, _Row.owner == owner).values(name=name))

    def delete(self, identities: Sequence[str], owner: str) -> None:
        """Forget runs of the owner's."""
        with self._writing() as session:
            theirs = select(_Row.id).where(_Row.id.in_(identities), _Row.owner == owner)
            _forget(session, session.scalars(theirs).all())
        self._unload(identities)

    def _keep_loaded(self, identity: str, created: float, run: TrainingRun) -> None:
        with self._lock:
            self._loaded[identity] = created, run
            self._loaded.move_to_end(identity)
            while len(self._loaded) > MOST_LOADED:
                self._loaded.popitem(last=False)

    def _unload(self, identities: Sequence[str]) -> None:
        with self._lock:
            for identity in identities:
                self._loaded.pop(identity, None)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with Session(self._engine) as session, session.begin():
            yield session


def _read(session: Session, identity: str) -> TrainingRun | None:
    content = session.scalar(select(_Row.content).where(_Row.id == identity))
    if content is None:
        return None
    run, count = unpack(content)
    if not count:
        return run
    wanted = select(_Points.content).where(_Points.run == identity).order_by(_Points.place)
    found = session.scalars(wanted, execution_options={"yield_per": 1})
    return replace(run, points=points_apart(map(unpack_piece, found), count))


def _forget(session: Session, identities: Sequence[str]) -> None:
    session.execute(delete(_Points).where(_Points.run.in_(identities)))
    session.execute(delete(_Row).where(_Row.id.in_(identities)))


def new_id() -> str:
    """A name that cannot be guessed: 128 bits."""
    return secrets.token_urlsafe(16)


def _plain(value: float | str | None) -> float | None:
    return value if isinstance(value, int | float) else None


def _patient(connection: object, _record: object) -> None:
    """SQLite waits for another writer rather than failing, and readers need not wait for it."""
    cursor = connection.cursor()  # type: ignore[attr-defined]  # of sqlite3
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


@cache
def shared_archive(url: str) -> Archive:
    """The archive at `url`, opened once for this process; the folder of an SQLite file is made."""
    if url.startswith("sqlite:///") and (path := url.removeprefix("sqlite:///")) not in ("", ":memory:"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Archive(url)
