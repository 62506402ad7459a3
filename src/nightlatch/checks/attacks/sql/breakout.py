"""Does a value carry SQL that would run, were it pasted into a statement?

A value can be pasted in three places: bare (`WHERE id = …`), inside single quotes, and inside
double quotes. In each of the three it is read as SQL from there, and an attack must continue the
statement in a way that a database accepts. The three contexts are the idea of libinjection
(N. Galbreath, 2012).
Words alone never decide: "select a union rep and drop by" continues no statement.

Linear: one pattern match per token, tokens read only as far as the grammar asks.
"""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.sql.clauses import Tail, tail
from nightlatch.checks.attacks.sql.expressions import Expression
from nightlatch.checks.attacks.sql.finding import (
    ASKS,
    CLOSED,
    CUT,
    INNER,
    TIME,
    WHOLE,
    Finding,
    better,
    sure,
)
from nightlatch.checks.attacks.sql.statements import selects, statement
from nightlatch.checks.attacks.sql.tokens import END, Reading
from nightlatch.checks.attacks.sql.words import LITERALS, SIGNS, SYSTEM_TABLES

_ESCAPED = re.compile(r"(?:[^'\"\\]|\\.|''|\"\")*+", re.DOTALL)
_ENDS_STATEMENT = (";", "--", "#", "-- -", "--+", "*/")
_CERTAIN = 85


def sql_in(value: str) -> Finding | None:
    """What the SQL in `value` would do; None when no context reads it as an attack."""
    found = _bare(Reading(value, 0), value)
    for start in _quotes(value):
        if found and found.certainty >= _CERTAIN:
            return found
        found = better(found, _quoted(Reading(value, start)))
    return found


def _quotes(value: str) -> Iterator[int]:
    """Behind each quote that may be the one that closes the application's string: the first of its
    kind, and the first that no database takes for an escaped one."""
    seen = set()
    for quote in ("'", '"'):
        at = value.find(quote)
        if at >= 0:
            seen.add(at + 1)
            yield at + 1
    bare = _ESCAPED.match(value)
    at = bare.end() + 1 if bare else 0
    if at < len(value) and at not in seen:
        yield at


def _bare(sql: Reading, value: str) -> Finding | None:
    """The value stands by itself: it may begin with an operand, which the application expects."""
    if not sql[0].constant or sql[0].kind == "open":
        first = sql.skip(0, ")")
        found = better(_whole(sql, value), tail(sql, first, Tail.EMPTY))
        if found:
            return found
    lead = Expression(sql, sql.skip(0, ")*"), logic=False)
    if lead.wanting and not lead.values + lead.names + lead.called:
        return None
    if found := _within(sql, lead):
        return found
    after = sql.skip(lead.at, ")")
    if lead.names and not lead.values and sql[after].text == ";" and not _terminated(value):
        if sql[after + 1].text not in {"if", "exec", "declare", "waitfor", "begin"}:
            return None  # "Read the mails; delete from inbox": a list of tasks, not a statement
    return tail(sql, after, Tail.NAMED if lead.names else Tail.VALUE)


def _within(sql: Reading, lead: Expression) -> Finding | None:
    """What the operand itself does: `1-sleep(5)`, `(select …)`, `1*1--`."""
    if lead.waits:
        return sure(TIME, 95)
    if lead.queries and lead.at and sql[sql.skip(0, "( + -")].text != "select":
        start = next(i for i in range(lead.at) if sql[i].text == "select")
        if selects(sql, start + 1):
            return sure(INNER)
    if (
        lead.complete
        and sql[lead.at].text == END
        and lead.telling
        and (lead.called + lead.system > 1)
    ):
        return sure(ASKS, 65)
    if lead.cases and lead.complete and lead.values > 1 and sql[lead.at - 1].text == "end":
        return sure(WHOLE, 65)
    if lead.complete and not lead.names and sql.dead_comment(lead.at):
        plain = not lead.operators and not lead.called and sql[0].kind != "variable"
        return sure(CUT, 60 if plain and sql[0].kind == "number" and lead.at == 1 else 65)
    return None


def _whole(sql: Reading, value: str) -> Finding | None:
    """A query of its own: `(select(0)from(select(sleep(15)))v)`, `select sin(1) from t`."""
    at = sql.skip(0, SIGNS | {"("})
    if sql[at].text == "select":
        if not selects(sql, at + 1):
            return None
        if sql[0].text == "(":
            return sure(INNER)
        return _query(sql, Expression(sql, at + 1, query=True))
    return None


def _query(sql: Reading, query: Expression) -> Finding:
    """Applications exist that are sent queries: what they would not be sent is an attack."""
    if query.waits:
        return sure(TIME, 95)
    odd = query.telling or query.wanting or sql.dead_comment(query.at)
    return sure(WHOLE, 65 if odd or _of_system(sql, query.at) else 40)


def _of_system(sql: Reading, end: int) -> bool:
    return any(
        sql[at].text == "from" and (sql[at + 1].text + sql[at + 2].text).startswith(SYSTEM_TABLES)
        for at in range(end)
    )


def _quoted(sql: Reading) -> Finding | None:
    """The value's quote closed the application's string."""
    after = sql.skip(0, ")")
    if sql.dead_comment(sql.skip(after, ";")):
        return sure(CLOSED, 85)
    if sql[after].text == "in" and sql[after + 2].text == "mode":
        after = sql.skip(after + 3, ")")  # MATCH … AGAINST ('…' IN BOOLEAN MODE)
    return tail(sql, after, Tail.QUOTED) or (
        statement(sql, after) if sql[after].text not in LITERALS else None
    )


def _terminated(value: str) -> bool:
    return value.rstrip().endswith(_ENDS_STATEMENT)


__all__ = ["END", "sql_in"]
