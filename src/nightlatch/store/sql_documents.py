"""Documents in a relational database: the tables and statements that SQLite and PostgreSQL share.

Each document is kept whole as JSON beside the columns it is found by, so that a field added with a
default needs no migration.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakSet

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from nightlatch.exchange.facts import Contract, EndpointSummary
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.measure import Measure
from nightlatch.store.codec import encode_document, unicode_text
from nightlatch.store.forks import leave_to_parent
from nightlatch.store.ports import AuditEntry, StoreFailed

TABLES = sa.MetaData()

_CONTRACTS = sa.Table(
    "contracts",
    TABLES,
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("endpoint", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)
_MEASURES = sa.Table(
    "measures",
    TABLES,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
)
_ENDPOINTS = sa.Table(
    "endpoints",
    TABLES,
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("endpoint", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)
_INCIDENTS = sa.Table(
    "incidents",
    TABLES,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("opened", sa.Double, nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
)
_AUDIT = sa.Table(
    "audit",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
_STATE = sa.Table(
    "state",
    TABLES,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

D = TypeVar("D", bound=msgspec.Struct)
Values = dict[str, Any]


class SQLDocuments:
    """A DocumentStore over an engine whose schema is up to date."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._closed = False
        _STORES.add(self)

    def after_fork(self) -> None:
        """In a child: closed, without touching the connections."""
        leave_to_parent(self._engine)
        self._closed = True

    def contracts(self) -> list[Contract]:
        chosen = sa.select(_CONTRACTS.c.document).order_by("endpoint", "service")
        return self._documents(chosen, Contract)

    def put_contract(self, contract: Contract) -> None:
        values = {"service": unicode_text(contract.service)}
        values |= {"endpoint": unicode_text(contract.endpoint)}
        self._put(_CONTRACTS, [values | {"document": encode_document(contract)}])

    def measures(self, ending_after: float = 0.0, limit: int = 1_000) -> list[Measure]:
        newest = _MEASURES.c.created.desc(), _MEASURES.c.id.desc()
        chosen = sa.select(_MEASURES.c.document).where(_MEASURES.c.expires > ending_after)
        return self._documents(chosen.order_by(*newest).limit(max(0, limit)), Measure)

    def measure(self, measure_id: str) -> Measure | None:
        wanted = _MEASURES.c.id == unicode_text(measure_id)
        found = self._documents(sa.select(_MEASURES.c.document).where(wanted), Measure)
        return found[0] if found else None

    def put_measure(self, measure: Measure) -> None:
        values = {"id": unicode_text(measure.id), "document": encode_document(measure)}
        times = {"created": measure.created, "expires": measure.expires}
        self._put(_MEASURES, [values | times])

    def endpoints(self) -> list[EndpointSummary]:
        chosen = sa.select(_ENDPOINTS.c.document).order_by("endpoint", "service")
        return self._documents(chosen, EndpointSummary)

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None:
        # One row each: PostgreSQL refuses to change a row twice in one statement.
        rows = {
            (unicode_text(one.service), unicode_text(one.endpoint)): encode_document(one)
            for one in summaries
        }
        self._put(
            _ENDPOINTS,
            [{"service": s, "endpoint": e, "document": text} for (s, e), text in rows.items()],
        )

    def incidents(self, limit: int = 100) -> list[Incident]:
        newest = _INCIDENTS.c.opened.desc(), _INCIDENTS.c.id.desc()
        chosen = sa.select(_INCIDENTS.c.document).order_by(*newest).limit(max(0, limit))
        return self._documents(chosen, Incident)

    def incident(self, incident_id: str) -> Incident | None:
        wanted = _INCIDENTS.c.id == unicode_text(incident_id)
        found = self._documents(sa.select(_INCIDENTS.c.document).where(wanted), Incident)
        return found[0] if found else None

    def put_incident(self, incident: Incident) -> None:
        values = {"id": unicode_text(incident.id), "opened": incident.opened}
        self._put(_INCIDENTS, [values | {"document": encode_document(incident)}])

    def audit(self, entry: AuditEntry) -> None:
        texts = {"actor": entry.actor, "action": entry.action, "target": entry.target}
        texts["detail"] = entry.detail
        values = {name: unicode_text(text) for name, text in texts.items()}
        with self._connection() as connection:
            connection.execute(sa.insert(_AUDIT).values(at=entry.at, **values))

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        columns = (_AUDIT.c[name] for name in AuditEntry.__struct_fields__)
        newest = _AUDIT.c.at.desc(), _AUDIT.c.number.desc()
        chosen = sa.select(*columns).order_by(*newest).limit(max(0, limit))
        with self._connection() as connection:
            return [AuditEntry(*row) for row in connection.execute(chosen)]

    def state(self, key: str) -> bytes | None:
        with self._connection() as connection:
            return _state(connection, key)

    def put_state(self, key: str, value: bytes) -> None:
        self._put(_STATE, [{"key": unicode_text(key), "value": value}])

    def change_state(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        with self._connection(exclusive=True) as connection:
            changed = change(_state(connection, key))
            if changed is not None:
                row = {"key": unicode_text(key), "value": changed}
                connection.execute(self._insert(_STATE, list(row)), row)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._engine.dispose()

    @contextmanager
    def _connection(self, *, exclusive: bool = False) -> Iterator[sa.Connection]:
        """One transaction, committed when the block ends without an error; `exclusive`: no other
        writes from its beginning on."""
        if self._closed:
            raise StoreFailed("the documents store is closed")
        engine = self._engine.execution_options(exclusive=True) if exclusive else self._engine
        with explained(engine), engine.begin() as connection:
            yield connection

    def _documents(self, chosen: sa.Select[Any], kind: type[D]) -> list[D]:
        with self._connection() as connection:
            texts = connection.scalars(chosen).all()
        try:
            return [msgspec.json.decode(text, type=kind) for text in texts]
        except msgspec.DecodeError as error:
            raise StoreFailed(
                "a document in the documents store cannot be read: a newer Nightlatch wrote it, or "
                "the database is damaged"
            ) from error

    def _put(self, table: sa.Table, rows: Sequence[Values]) -> None:
        """Insert, or replace what has the same primary key."""
        if not rows:
            return
        with self._connection() as connection:
            connection.execute(self._insert(table, list(rows[0])), rows)

    def _insert(self, table: sa.Table, names: Sequence[str]) -> sa.Insert:
        insert = _INSERTS[self._engine.dialect.name](table)
        keys = [column.name for column in table.primary_key]
        fresh = {name: insert.excluded[name] for name in names if name not in keys}
        return insert.on_conflict_do_update(index_elements=keys, set_=fresh)


def _state(connection: sa.Connection, key: str) -> bytes | None:
    wanted = _STATE.c.key == unicode_text(key)
    value = connection.scalar(sa.select(_STATE.c.value).where(wanted))
    return None if value is None else bytes(value)


_INSERTS: dict[str, Callable[[sa.Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


_STORES: "WeakSet[SQLDocuments]" = WeakSet()


def _after_fork() -> None:
    for store in list(_STORES):
        store.after_fork()


os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Whatever the database raises inside arrives as StoreFailed, in words and without values."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise StoreFailed(
            f"the documents store {where} failed: {_reason(str(error.orig))}"
        ) from error
    except sa.exc.SQLAlchemyError as error:
        raise StoreFailed(f"the documents store failed: {type(error).__name__}") from error


_REASONS = (
    ("locked", "another process holds it. Try again; if it stays so, end that process."),
    ("disk is full", "no space left. Free some; it goes on by itself when there is."),
    ("disk I/O error", "the disk gave an error. Is it full, or gone?"),
    ("not a database", "the file is damaged or no SQLite database. Restore it from a backup."),
    ("malformed", "the file is damaged. Restore it from a backup."),
    ("readonly", "it cannot be written. Check the owner of the file and of its directory."),
    ("unable to open", "it cannot be opened. Check that its directory exists and is yours."),
)
"""What SQLite says, and what to do."""


def _reason(text: str) -> str:
    return next((words for sign, words in _REASONS if sign in text), text.partition("\n")[0])
