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

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.sql.clauses import Tail, said, tail
from nightlatch.checks.attacks.sql.expressions import Expression
from nightlatch.checks.attacks.sql.finding import (
    ASKS,
    CLOSED,
    CUT,
    INNER,
    JOINED,
    TIME,
    TRUTH,
    WHOLE,
    Finding,
    better,
    sure,
)
from nightlatch.checks.attacks.sql.statements import selects, statement
from nightlatch.checks.attacks.sql.tokens import END, Reading
from nightlatch.checks.attacks.sql.words import (
    CHOOSING,
    LOGIC,
    ONLY_WAITING,
    REACHING,
    SIGNS,
    SYSTEM_TABLES,
)

_ESCAPED = LazyPattern(r"(?>(?:[^'\"\\]|\\.|''|\"\")*)", re.DOTALL)
_ENDS_STATEMENT = (";", "--", "#", "-- -", "--+", "*/")
_CERTAIN = 85


def sql_in(value: str) -> Finding | None:
    """What the SQL in `value` would do; None when no context reads it as an attack."""
    value = value.lstrip()
    found = _bare(Reading(value, 0), value)
    for start in _quotes(value):
        if found and found.certainty >= _CERTAIN:
            return found
        found = better(found, _quoted(Reading(value, start), value, start))
    return found or _short(value) or _stripped(value)


def _stripped(value: str) -> Finding | None:
    """As an application reads it that takes the backslashes before quotes away."""
    at = value.find("\\'")
    if at < 0:
        return None
    return _quoted(Reading(stripped := value.replace("\\'", "'"), at + 1), stripped, at + 1)


_SHORT = LazyPattern(
    r"""[\w@.]{0,12}
        (?: '\s?(?P<symbol>[-+*/%^&|=<>!]{1,3})\s?'
          | '(?P<word>div|mod|xor|like|rlike|regexp|sounds\ like|not\ (?:like|rlike|regexp|in))'
          | '\s(?:or|and|like|div|mod|xor|rlike|regexp|sounds\ like|not\ (?:like|rlike))\s?'
        )[\w@.%]{0,12}""",
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE = SIGNS | {"("}
_GLUED = LazyPattern(
    r"[\w ]{0,30}[a-z](?:AND|OR)(?>(?:\s|/\*\w*\*/)+)\d++\s?=\s?\d++\s*+(?:--|#)?\s*"
)
"""`cartAND 1=1`: pasted behind a word without a space; no word changes its letters so."""
_UNMISTAKABLE = frozenset(("if", "exec", "execute", "declare", "waitfor", "begin"))
_STATEMENTS = _UNMISTAKABLE - {"if", "begin"}
_LEFT_OPEN = (*"+-|=*/%^&<>", " delay", " or", " and", ")or", ")and", " like", "xor")
_TRIPLES = ("'''", '"""')
_CUTTING = LazyPattern(r"--(?>(?:[\s+-]++\w{0,4})?)|/\*.*+|\#\s*+\d?", re.DOTALL)
_OPTION = LazyPattern(r"--[a-z]{2}")
_SHORTEST, _LONGEST = 3, 40


def _short(value: str) -> Finding | None:
    """`'-'`, `x' or 'y`: two strings and an operator, which is as little as it takes to log in."""
    if not _SHORTEST <= len(value) <= _LONGEST:
        return None
    if _SHORT.fullmatch(value):
        return sure(JOINED, 62)
    return sure(TRUTH, 62) if _GLUED.fullmatch(value) else None


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
    again = at in seen or at >= len(value) or value[at - 3 : at] in _TRIPLES
    if not again and not _is_literal(value, at - 1):
        yield at
    if value.count("`") % 2:
        yield value.find("`") + 1
    if (at := value.find("$$")) >= 0:
        yield at + 2


def _is_literal(value: str, at: int) -> bool:
    """Is the whole value a string in its quotes, or does a Python string of three quotes begin?"""
    quote = value[at]
    if value.startswith(quote * 3, at):
        return True
    ends = value.rstrip()
    if at or len(ends) <= _SHORTEST or not ends.endswith(quote) or value.count(quote) != 2:
        return False
    # An attack that leaves the application's quote to close has an operator before it.
    return not ends[:-1].rstrip().lower().endswith(_LEFT_OPEN)


def _bare(sql: Reading, value: str) -> Finding | None:
    """The value stands by itself: it may begin with an operand, which the application expects."""
    if not sql[0].constant or sql[0].kind == "open":
        first = sql.skip(0, ")")
        found = better(_whole(sql, value), tail(sql, first, Tail.EMPTY))
        if found:
            return found
    lead = Expression(sql, sql.skip(0, ")*\\"), logic=False)
    if lead.wanting and not lead.values + lead.names + lead.called:
        return None
    if found := _within(sql, lead):
        return found
    after = sql.skip(lead.at, ")")
    listed = lead.names and not lead.values and sql[after].text == ";" and not _terminated(value)
    if listed and sql[after + 1].text not in _UNMISTAKABLE:
        return None  # "Read the mails; delete from inbox": a list of tasks, not a statement
    return tail(sql, after, Tail.NAMED if lead.names else Tail.VALUE)


def _within(sql: Reading, lead: Expression) -> Finding | None:
    """What the operand itself does: `1-sleep(5)`, `(select …)`, `1*1--`."""
    if lead.waits:
        return _waiting(sql, lead)
    if lead.queries and sql[sql.skip(0, "( + -")].text != "select":
        start = next(i for i in range(lead.at) if sql[i].text == "select")
        if selects(sql, start + 1):
            return sure(INNER)
    if not lead.complete:
        return None
    return _case(sql, lead) or _chosen(sql, lead) or _ended(sql, lead)


def _waiting(sql: Reading, lead: Expression) -> Finding | None:
    if said(sql, lead.at) or sql[lead.at].text in LOGIC:
        return None  # "sleep(5) in javascript"; what comes behind AND is read with the rest
    databases = any(sql[at].text in ONLY_WAITING for at in range(lead.at))
    joined = lead.operators or lead.compared or lead.queries or lead.called > 1
    ended = sql[lead.at].kind == "comment" and _CUTTING.fullmatch(sql[lead.at].text)
    return sure(TIME, 95 if databases or joined or ended else 70)


def _chosen(sql: Reading, lead: Expression) -> Finding | None:
    """`make_set(1=2,3)`, `(1=2)*3`: is one thing or another by a condition without columns."""
    if lead.names or not lead.decided_inside or sql[lead.at].kind not in {"end", "comment"}:
        return None
    chosen = any(sql[at].text in CHOOSING for at in range(lead.at))
    return sure(TRUTH, 70) if chosen or (lead.operators and sql[0].text == "(") else None


def _case(sql: Reading, lead: Expression) -> Finding | None:
    if lead.cases and lead.decided and sql[0].text != "case":
        return sure(INNER, 85)
    whole = lead.cases and lead.values > 1 and sql[lead.at - 1].text == "end"
    return sure(WHOLE, 65) if whole else None


def _ended(sql: Reading, lead: Expression) -> Finding | None:
    """The operand is all there is, but for a comment."""
    if sql[lead.at].kind in {"end", "comment"} and lead.telling:
        read = [sql[at] for at in range(lead.at)]
        reaches = any(token.text in REACHING for token in read) and any(
            token.constant for token in read
        )
        reckoned = lead.operators and sql[0].kind == "number" and not lead.names
        if reaches or reckoned or lead.called + lead.system > 1:
            return sure(ASKS, 65)
    if lead.names or not _CUTTING.fullmatch(sql[lead.at].text):
        return None
    return sure(CUT, 60 if lead.at == 1 and sql[0].kind == "number" else 65)


def _whole(sql: Reading, value: str) -> Finding | None:
    """A statement of its own: `(select(0)from(select(sleep(15)))v)`, `declare @s varchar(9)`."""
    at = sql.skip(0, _BEFORE)
    if sql[at].text in _STATEMENTS:
        found = statement(sql, at)
        return found and sure(
            found.why, 90 if sql[at].text == "declare" and "exec" in value.lower() else 70
        )
    if sql[at].text != "select" or not selects(sql, at + 1):
        return None
    if sql[0].text == "(":
        return sure(INNER)
    hidden = "/*!" in value or value.startswith("*/")
    return _query(sql, Expression(sql, at + 1, query=True), hidden=hidden)


def _query(sql: Reading, query: Expression, *, hidden: bool) -> Finding:
    """Applications exist that are sent queries: what they would not be sent is an attack."""
    if query.waits:
        return sure(TIME, 95)
    froms = [at for at in range(query.at) if sql[at].text == "from"]
    unfinished = froms and query.wanting and sql[query.at].text == END
    cut = sql.dead_comment(query.at) or (unfinished and query.values + query.called > 0)
    probe = (query.called or query.decided) and query.complete and not froms
    fails = any(sql[at].text == "/" and sql[at + 1].text == "0" for at in range(query.at))
    chosen = fails or (query.cases and query.decided)
    of_system = any(_of_system(sql, at + 1) for at in froms)
    odd = query.telling or hidden or cut or probe or chosen or of_system
    return sure(WHOLE, 65 if odd else 40)


def _of_system(sql: Reading, at: int) -> bool:
    at = sql.skip(at, ("[", "("))
    return (sql[at].text.strip('`"') + sql[at + 1].text).startswith(SYSTEM_TABLES)


def _quoted(sql: Reading, value: str, start: int) -> Finding | None:
    """The value's quote closed the application's string."""
    after = sql.skip(0, ")[" if value[start - 2 : start].lower() == "q'" else ")")
    ended = sql.skip(after, ";")
    if sql.dead_comment(ended):
        option = _OPTION.match(sql[ended].text) and _begins(value, start - 1)
        return None if option or value[start - 1] in sql[ended].text else sure(CLOSED, 85)
    if sql[after].text == "in" and sql[after + 2].text == "mode":
        after = sql.skip(after + 3, ")")  # MATCH … AGAINST ('…' IN BOOLEAN MODE)
    found = tail(sql, after, Tail.QUOTED)
    if found and found.certainty < _CERTAIN and _begins_string(value, start - 1):
        return None
    return found


def _begins_string(value: str, at: int) -> bool:
    """Does the quote at `at` rather begin a string, as in `join('-')` or `op == "=" or …`?"""
    return _begins(value, at) and value.count(value[at], at) % 2 == 0


def _begins(value: str, at: int) -> bool:
    return at > 0 and value[at - 1] in " \t\n([{=,:+!"


def _terminated(value: str) -> bool:
    return value.rstrip().endswith(_ENDS_STATEMENT)
