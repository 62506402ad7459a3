"""Questions to the events file, as SQL with parameters."""

from collections.abc import Sequence
from typing import Any

import duckdb

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.store.codec import unicode_text
from nightlatch.store.duckdb_pages import beside_page
from nightlatch.store.ports import Bucket, CallerCount, EventQuery, Peaks
from nightlatch.store.query import CREDENTIALED, status_range

Row = tuple[Any, ...]
DISCLOSURES = "disclosures"

EXACT_ROWS = 500_000
"""Rows whose distinct subjects are simply counted, in about 0.1 s."""

SLICE = 4
"""Beyond that, one subject in this many is counted."""

SLICE_ENOUGH = 16_000
"""With this many in the slice the standard error is 0.7 %; with fewer, all are counted."""


# Not LIKE: nothing in the text has a meaning but itself.
_SAYS = """(
    contains(searchable, ?) OR contains(lower(request_body), ?) OR contains(lower(response_body), ?)
)"""


_OF_SERVICE = "service IN (?, '')"


class Where:
    """Conditions joined by AND, and their parameters."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.parameters: list[object] = []

    def add(self, condition: str, *parameters: object) -> None:
        self.conditions.append(condition)
        # What is asked for is scrubbed as what was stored.
        self.parameters.extend(unicode_text(p) if isinstance(p, str) else p for p in parameters)

    def optional(self, condition: str, parameter: object | None) -> None:
        if parameter is not None:
            self.add(condition, parameter)

    def of_service(self, service: str | None) -> None:
        if service is not None:
            self.add(_OF_SERVICE, service)

    @property
    def sql(self) -> str:
        return " AND ".join(self.conditions) or "true"


def matching(query: EventQuery) -> Where:
    """The query's conditions on the table `records`; `before` and `limit` are left out."""
    where = Where()
    where.optional("observed_at >= ?", query.since)
    where.optional("observed_at < ?", query.until)
    where.optional("level >= ?", None if query.level is None else int(query.level))
    where.optional("endpoint = ?", query.endpoint)
    where.of_service(query.service)
    where.optional("address = ?", query.address)
    where.optional("list_contains(string_split(circles, chr(10)), ?)", query.circle)
    where.optional("method = ?", query.method)
    if query.status is not None:
        where.add("status BETWEEN ? AND ?", *status_range(query.status))
    where.optional("list_contains(string_split(failed_checks, chr(10)), ?)", query.check)
    where.optional("refused = ?", query.refused)
    if query.text is not None:
        folded = query.text.casefold()
        beside = beside_page(folded)
        where.add(_SAYS, folded, beside, beside)
    return where


def distinct_subjects(
    cursor: duckdb.DuckDBPyConnection, groups: Sequence[str], where: Where, table: str = DISCLOSURES
) -> dict[Row, int]:
    """Distinct subjects in `disclosures` by the values of the expressions `groups`.

    Subjects are keyed hashes, so those in one quarter of the number space are a fair sample of all.
    DuckDB's own approx_count_distinct was off by 5 % at 500,000.
    """
    names = ", ".join(f"group{number}" for number in range(len(groups)))
    named = ", ".join(f"{group} AS group{number}" for number, group in enumerate(groups))
    source = f"SELECT {named}, subject FROM {table} WHERE {where.sql}"  # noqa: S608
    rows = _counted(cursor, names, "count(*)", source, where.parameters)
    if sum(rows.values()) <= EXACT_ROWS:
        return _counted(cursor, names, _DISTINCT, source, where.parameters)
    sliced = f"SELECT * FROM ({source}) WHERE subject < {2**64 // SLICE}"  # noqa: S608
    sample = _counted(cursor, names, _DISTINCT, sliced, where.parameters)
    large = {grouped: count for grouped, count in sample.items() if count >= SLICE_ENOUGH}
    small = [grouped for grouped in rows if grouped not in large]
    if not small:
        return {grouped: count * SLICE for grouped, count in large.items()}
    wanted = ", ".join("unnest(?)" for _ in groups)
    rest = f"SELECT * FROM ({source}) WHERE ({names}) IN (SELECT {wanted})"  # noqa: S608
    columns = [list(column) for column in zip(*small, strict=True)]
    exact = _counted(cursor, names, _DISTINCT, rest, [*where.parameters, *columns])
    return exact | {grouped: count * SLICE for grouped, count in large.items()}


_DISTINCT = "count(DISTINCT subject)"


def _counted(
    cursor: duckdb.DuckDBPyConnection,
    names: str,
    count: str,
    source: str,
    parameters: list[object],
) -> dict[Row, int]:
    statement = f"SELECT {names}, {count} FROM ({source}) GROUP BY {names}"  # noqa: S608
    return {row[:-1]: row[-1] for row in cursor.execute(statement, parameters).fetchall()}


def exposed(
    cursor: duckdb.DuckDBPyConnection, after: float, until: float
) -> dict[ServiceEndpoint, int]:
    """Distinct subjects by service and endpoint."""
    where = Where()
    where.add("observed_at > ? AND observed_at <= ?", after, until)
    unowned = f"SELECT 1 FROM disclosures WHERE service = '' AND {where.sql} LIMIT 1"  # noqa: S608
    mixed = cursor.execute(unowned, where.parameters).fetchall()
    table = _WITH_UNOWNED if mixed else DISCLOSURES
    found = distinct_subjects(cursor, ("service", "endpoint"), where, table)
    return {ServiceEndpoint(*grouped): count for grouped, count in found.items()}


# What was kept before services were told apart, once for each service that has the endpoint.
_WITH_UNOWNED = """(
    SELECT observed_at, service, endpoint, subject FROM disclosures
    UNION ALL
    SELECT observed_at, known.service, endpoint, subject FROM disclosures JOIN (
        SELECT DISTINCT service, endpoint FROM disclosures WHERE service != ''
    ) known USING (endpoint) WHERE disclosures.service = ''
)"""


def timeline(
    cursor: duckdb.DuckDBPyConnection,
    since: float,
    until: float,
    buckets: int,
    endpoint: str | None,
    service: str | None = None,
) -> list[Bucket]:
    where = Where()
    where.of_service(service)
    where.add("observed_at >= ? AND observed_at < ?", since, until)
    where.optional("endpoint = ?", endpoint)
    step = (until - since) / buckets
    # Numbers of ours, written so that they read back as the very same float.
    bucket = f"least(floor((observed_at - {since!r}) / {step!r}), {buckets - 1})::INTEGER"
    counted = cursor.execute(
        f"""
        SELECT {bucket} AS bucket,
            count(*) FILTER (level = 1), count(*) FILTER (level = 2), count(*) FILTER (level = 3),
            count(*) FILTER (refused)
        FROM records WHERE {where.sql} GROUP BY bucket
        """,  # noqa: S608
        where.parameters,
    ).fetchall()
    levels: dict[int, tuple[int, int, int, int]] = {row[0]: row[1:] for row in counted}
    disclosed = distinct_subjects(cursor, (bucket,), where)
    return [
        Bucket(since + index * step, *levels.get(index, _NONE), disclosed.get((index,), 0))
        for index in range(buckets)
    ]


_NONE = (0, 0, 0, 0)

_CALLERS = """
    WITH asked AS (
        SELECT split_part(circles, chr(10), 1) AS circle, arg_max(address, observed_at) AS address,
            count(*) AS requests, count(*) FILTER (refused) AS refused,
            min(observed_at) AS first_seen, max(observed_at) AS last_seen
        FROM records
        WHERE endpoint = $endpoint AND {service} AND observed_at >= $since AND observed_at < $until
        GROUP BY ALL
    ), got AS (
        SELECT circle, arg_max(address, observed_at) AS address,
            count(DISTINCT subject) AS disclosed,
            min(observed_at) AS first_seen, max(observed_at) AS last_seen
        FROM disclosures
        WHERE endpoint = $endpoint AND {service} AND observed_at >= $since AND observed_at < $until
        GROUP BY circle
    )
    SELECT circle, coalesce(asked.address, got.address), coalesce(requests, 0) AS requests,
        coalesce(disclosed, 0) AS disclosed, coalesce(refused, 0),
        least(asked.first_seen, got.first_seen), greatest(asked.last_seen, got.last_seen)
    FROM asked FULL JOIN got USING (circle)
    ORDER BY disclosed DESC, requests DESC, circle
    LIMIT $limit
"""


def callers(
    cursor: duckdb.DuckDBPyConnection,
    endpoint: str,
    since: float,
    until: float,
    limit: int,
    service: str | None,
) -> list[CallerCount]:
    """Both tables are asked: disclosures are remembered longer than the records around them."""
    named: dict[str, object] = {"since": since, "until": until, "limit": limit}
    named["endpoint"] = unicode_text(endpoint)
    if service is not None:
        named["service"] = unicode_text(service)
    statement = _CALLERS.format(
        service="true" if service is None else _OF_SERVICE.replace("?", "$service")
    )
    return [CallerCount(*row) for row in cursor.execute(statement, named).fetchall()]


_PEAKS = """
    WITH busy AS (
        SELECT endpoint, service, {caller} AS caller, floor((observed_at - $since) / $step) AS step,
            {count} AS counted
        FROM {table}
        WHERE observed_at >= $since AND observed_at < $until AND {which}
        GROUP BY ALL
    ), busiest AS (
        SELECT endpoint, service, caller, max(counted) AS counted FROM busy
        GROUP BY endpoint, service, caller
    )
    SELECT endpoint, count(*), quantile_disc(counted, 0.5), quantile_disc(counted, 0.9),
        quantile_disc(counted, 0.99), max(counted), service
    FROM busiest GROUP BY endpoint, service ORDER BY endpoint, service
"""


def peaks(
    cursor: duckdb.DuckDBPyConnection, what: str, by: str, step: float, since: float, until: float
) -> list[Peaks]:
    people, narrowest = what == "people", "circle" if what == "people" else _NARROWEST
    credentialed = " OR ".join(f"starts_with({narrowest}, '{begin}')" for begin in CREDENTIALED)
    statement = _PEAKS.format(
        table="disclosures" if people else "records",
        count="count(DISTINCT subject)" if people else "count(*)",
        caller="address" if by == "address" else narrowest,
        which=f"({'true' if by == 'address' else credentialed})"
        f"{'' if people else ' AND NOT refused'}",
    )
    named = {"since": since, "until": until, "step": step}
    return [Peaks(*row) for row in cursor.execute(statement, named).fetchall()]


_NARROWEST = "split_part(circles, chr(10), 1)"


def one_row(
    cursor: duckdb.DuckDBPyConnection, statement: str, parameters: list[object] | None = None
) -> Row:
    """The first row of an aggregate, which always has one."""
    rows: list[Row] = cursor.execute(statement, parameters or []).fetchall()
    return rows[0]
