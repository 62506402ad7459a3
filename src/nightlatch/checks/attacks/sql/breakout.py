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
    JOINED,
    TIME,
    WHOLE,
    Finding,
    better,
    sure,
)
from nightlatch.checks.attacks.sql.statements import selects, statement
from nightlatch.checks.attacks.sql.tokens import END, Reading
from nightlatch.checks.attacks.sql.words import SIGNS, SYSTEM_TABLES

_ESCAPED = re.compile(r"(?:[^'\"\\]|\\.|''|\"\")*+", re.DOTALL)
_ENDS_STATEMENT = (";", "--", "#", "-- -", "--+", "*/")
_CERTAIN = 85


def sql_in(value: str) -> Finding | None:
    """What the SQL in `value` would do; None when no context reads it as an attack."""
    found = _bare(Reading(value, 0), value)
    for start in _quotes(value):
        if found and found.certainty >= _CERTAIN:
            return found
        found = better(found, _quoted(Reading(value, start), value, start))
    return found or _short(value)


_SHORT = re.compile(
    r"""[\w@.]{0,12}
        (?: '\s?(?P<symbol>[-+*/%^&|=<>!]{1,3})\s?'
          | '(?P<word>div|mod|xor|rlike|regexp|sounds\ like|not\ (?:like|rlike|regexp|in))'
          | '\s(?:or|and|like|div|mod|xor|rlike|regexp|sounds\ like|not\ (?:like|rlike))\s?'
        )[\w@.%]{0,12}""",
    re.IGNORECASE | re.VERBOSE,
)
_CUTTING = re.compile(r"--(?:[\s+-]++\w{0,4})?+|/\*.*+|\#", re.DOTALL)
_SHORTEST, _LONGEST = 3, 40


def _short(value: str) -> Finding | None:
    """`'-'`, `x' or 'y`: two strings and an operator, which is as little as it takes to log in."""
    if not _SHORTEST <= len(value) <= _LONGEST or not _SHORT.fullmatch(value):
        return None
    return sure(JOINED, 62)


def _quotes(value: str) -> Iterator[int]:
    """Behind each quote that may be the one that closes the application's string: the first of its
    kind, and the first that no database takes for an escaped one."""
    seen = set()
    for quote in ("'", '"'):
        at = value.find(quote)
        if at >= 0 and not _is_literal(value, at):
            seen.add(at + 1)
            yield at + 1
    bare = _ESCAPED.match(value)
    at = bare.end() + 1 if bare else 0
    if at < len(value) and at not in seen:
        yield at


def _is_literal(value: str, at: int) -> bool:
    """Is the whole value a string in its quotes, or does a Python string of three quotes begin?"""
    quote = value[at]
    whole = at == 0 and len(value) > _SHORTEST and value.endswith(quote) and value.count(quote) == 2
    return whole or value.startswith(quote * 3, at)


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
        return sure(TIME, 95 if lead.operators or lead.depth or lead.queries else 70)
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
    if lead.cases and lead.decided and lead.compared and sql[0].text != "case":
        return sure(INNER, 85)
    if lead.cases and lead.complete and lead.values > 1 and sql[lead.at - 1].text == "end":
        return sure(WHOLE, 65)
    if lead.complete and not lead.names and _CUTTING.fullmatch(sql[lead.at].text):
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
    froms = [at for at in range(query.at) if sql[at].text == "from"]
    cut = sql.dead_comment(query.at) or (froms and query.wanting and sql[query.at].text == END)
    probe = query.called and query.complete and not froms
    odd = query.telling or cut or probe or any(_of_system(sql, at + 1) for at in froms)
    return sure(WHOLE, 65 if odd else 40)


def _of_system(sql: Reading, at: int) -> bool:
    at = sql.skip(at, ("[", "("))
    return (sql[at].text.strip('`"') + sql[at + 1].text).startswith(SYSTEM_TABLES)


def _quoted(sql: Reading, value: str, start: int) -> Finding | None:
    """The value's quote closed the application's string."""
    after = sql.skip(0, ")")
    ended = sql.skip(after, ";")
    if sql.dead_comment(ended):
        return None if value[start - 1] in sql[ended].text else sure(CLOSED, 85)
    if sql[after].text == "in" and sql[after + 2].text == "mode":
        after = sql.skip(after + 3, ")")  # MATCH … AGAINST ('…' IN BOOLEAN MODE)
    found = tail(sql, after, Tail.QUOTED)
    if found and found.certainty < _CERTAIN and _begins_string(value, start - 1):
        return None
    return found


def _begins_string(value: str, at: int) -> bool:
    """Does the quote at `at` rather begin a string, as in `join('-')` or `op == "=" or …`?"""
    return at > 0 and value[at - 1] in " \t\n([{=,:+!" and value.count(value[at], at) % 2 == 0


def _terminated(value: str) -> bool:
    return value.rstrip().endswith(_ENDS_STATEMENT)


__all__ = ["END", "sql_in"]
