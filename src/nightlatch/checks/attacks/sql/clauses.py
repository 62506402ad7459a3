"""How a statement goes on behind the place where a value broke out of its operand."""

from collections.abc import Callable
from enum import Enum

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.sql.expressions import Expression
from nightlatch.checks.attacks.sql.finding import (
    COLUMNS,
    CUT,
    INNER,
    JOINED,
    TIME,
    TRUTH,
    UNION,
    WRITES,
    Finding,
    better,
    sure,
)
from nightlatch.checks.attacks.sql.statements import selects, statement
from nightlatch.checks.attacks.sql.tokens import END, Reading
from nightlatch.checks.attacks.sql.words import LOGIC, OPERATORS, RESERVED, SYMBOL_LOGIC, TELLING

_CLAUSES = 8
_FAR = 24
_AFTER_NOT = frozenset(("like", "in", "between", "rlike", "regexp", "similar"))
_UNION_WORDS = frozenset(("all", "distinct", "distinctrow", "("))
_CERTAIN = 85


_BETWEEN = LazyPattern(r".\s*+[,)+.;:\]}&|=`][^'\"]")
_LAST_STRING = LazyPattern(r".[\w %]*+\Z")


class Tail(Enum):
    """What stands before it."""

    EMPTY = "nothing"
    VALUE = "a constant, as an application expects of an id"
    NAMED = "a name, or any word"
    QUOTED = "a string that the value's quote closed"


Step = tuple[Finding | None, int]
"""What a clause shows, and where the next may begin (0: nowhere)."""


def tail(sql: Reading, at: int, before: Tail) -> Finding | None:
    """The most certain of what the clauses from token `at` on do."""
    best: Finding | None = None
    for _ in range(_CLAUSES):
        found, after = _clause(sql, at, before)
        best = better(best, found)
        if not after or (best and best.certainty >= _CERTAIN):
            break
        at = sql.skip(after, ")")
    return best


def _clause(sql: Reading, at: int, before: Tail) -> Step:
    text = sql[at].text
    if text in LOGIC or text in {"having", "where"}:
        return _condition(sql, at, before)
    if known := _CLAUSE_WORDS.get(text):
        return known(sql, at, before)
    if text == "waitfor":
        return statement(sql, at), 0
    if before is not Tail.EMPTY and _operates(text, sql[at + 1].text):
        return _operation(sql, at, before)
    if before is Tail.VALUE or (before is Tail.QUOTED and sql.unpaired):
        return statement(sql, at), 0
    return None, 0


def _operates(text: str, after: str) -> bool:
    return text == "," or (text in OPERATORS and (text != "not" or after in _AFTER_NOT))


def _condition(sql: Reading, at: int, before: Tail) -> Step:
    inside = Expression(sql, at + 1)
    if inside.waits:
        return sure(TIME, 95), 0
    if inside.queries and (inside.called or selects(sql, _select_in(sql, at) + 1)):
        return sure(INNER, 85), 0
    if sql[at + 1].text == "select" and before is not Tail.NAMED and selects(sql, at + 2):
        return sure(INNER, 75), 0
    if sql[at].text == "having" and inside.values > 1 and inside.complete and not inside.names:
        return sure(TRUTH, 65), 0  # "id having (1 or 1)": constants alone
    return _judged(sql, at, inside, before), inside.at if not inside.wanting else 0


def _select_in(sql: Reading, at: int) -> int:
    while sql[at].text not in {"select", END}:
        at += 1
    return at


def _judged(sql: Reading, at: int, inside: Expression, before: Tail) -> Finding | None:
    if before is Tail.QUOTED and programmed(sql, at, inside.at):
        return None
    if inside.decided:
        if before is Tail.NAMED and said(sql, inside.at):
            return None  # "python or 1==1 why"
        return sure(TRUTH, 75 if before is Tail.EMPTY else 90)
    if before is Tail.QUOTED and _torn(sql, at):
        return sure(TRUTH, 70)
    ended = sql.skip(inside.at, ")")
    closed = sql.dead_comment(sql.skip(ended, ";"))
    asked = _asked(sql, at, inside, before, closed=closed)
    if asked or not inside.constant:
        return asked or _compared(sql, inside, before, closed=closed)
    if closed or _lonely_digit(sql, at + 1):
        return sure(TRUTH, 82)
    if before is Tail.QUOTED and _reckoned(sql, at + 1, inside):
        return sure(TRUTH, 75)
    negated = sql[sql.skip(at + 1, "(")].text in {"!", "~"}
    if before is Tail.VALUE and negated and not inside.wanting:
        return sure(TRUTH, 65)
    if sql[ended].kind == "comment" and inside.at > at + 2 and not inside.wanting:
        return sure(TRUTH, 65)
    return _compared(sql, inside, before, closed=closed)


def said(sql: Reading, at: int) -> bool:
    """Do words follow, as in a sentence?"""
    return sql[at].kind in {"word", "name"} and sql[at].text not in RESERVED


def _torn(sql: Reading, at: int) -> bool:
    """`'or'a='a`: pasted behind a quote of its own, or where no quote was expected."""
    side, other = sql[at + 1], sql[at + 2]
    compares = side.kind == "string" and side.text.endswith("=")
    return compares and other.kind in {"word", "number"} and sql[at + 3].text == END


def _asked(
    sql: Reading, at: int, inside: Expression, before: Tail, *, closed: bool
) -> Finding | None:
    """A condition that calls the database's functions."""
    # A word's `||` is a programmer's: `a || length(b)`; a constant's is not.
    symbol = sql[at].text in SYMBOL_LOGIC
    if before is Tail.EMPTY or (before is Tail.NAMED and symbol):
        return None
    if inside.telling and (inside.compared or closed or not inside.wanting):
        return sure(INNER, 82)
    if not inside.called or before is Tail.NAMED:
        return None
    if before is Tail.QUOTED and sql[inside.at - 1].kind == "open" and not inside.wanting:
        return sure(INNER, 75)
    if inside.complete and sql[sql.skip(inside.at, ");")].kind in {"end", "comment"}:
        reckoned = before is Tail.QUOTED and inside.operators
        return sure(INNER, 70) if inside.compared or symbol or reckoned else None
    return None


def _compared(sql: Reading, inside: Expression, before: Tail, *, closed: bool) -> Finding | None:
    """A column's name is in it, but the rest of the statement is cut off, or a string left open."""
    if not inside.compared:
        return None
    if before is Tail.QUOTED and (closed or sql[inside.at - 1].kind == "open"):
        return sure(TRUTH, 82)
    # `' or id=2-1 having 1`: the clause that follows wants a condition of its own.
    if before is Tail.QUOTED and sql[inside.at].text == "having" and sql[inside.at + 1].constant:
        return sure(TRUTH, 75)
    return sure(TRUTH, 65) if before is Tail.VALUE and closed else None


def _reckoned(sql: Reading, at: int, inside: Expression) -> bool:
    """`'or(1)or'`: begins as no word of a sentence does, and leaves a string open."""
    begins = sql[at].text in {"(", "!", "~", "-", "'", '"'} or sql[at].kind == "number"
    alone = sql[at].text in {"!", "~"}
    return begins and (alone or inside.values > 1) and sql[inside.at - 1].kind == "open"


def _lonely_digit(sql: Reading, at: int) -> bool:
    """`' or '1`: the application's own quote closes it."""
    return sql[at].kind == "open" and sql[at].text[1:].strip().isdecimal()


def _operation(sql: Reading, at: int, before: Tail) -> Step:
    """`'||(select …)||'`, `'=''or'`, `' ^ '`."""
    inside = _operand(sql, at)
    if inside.waits:
        return sure(TIME, 95), 0
    if inside.queries and selects(sql, _select_in(sql, at) + 1):
        return sure(INNER), 0
    if inside.cases and inside.decided:
        return sure(INNER, 85), 0
    asks = inside.decided or (inside.telling and inside.called > 1)
    if before is not Tail.NAMED and inside.called and asks and not inside.wanting:
        return sure(INNER, 80), 0
    if before is not Tail.QUOTED:
        return None, 0 if inside.wanting else inside.at
    return _joined(sql, at, inside), 0 if inside.wanting else inside.at


def programmed(sql: Reading, at: int, end: int) -> bool:
    """Is a string among these tokens rather what stands between two strings of a program? In
    `a + '-' + b + '.'` and `op in ("<", ">")` the quote that seems to break out begins a string."""
    return any(
        sql[index].kind in {"string", "open"} and _BETWEEN.match(sql[index].text)
        for index in range(at, end)
    )


def _operand(sql: Reading, at: int) -> Expression:
    at += 1
    at += sql[at].text in _AFTER_NOT
    return Expression(sql, at)


def _joined(sql: Reading, at: int, inside: Expression) -> Finding | None:
    ended = sql.skip(inside.at, ")")
    closed = sql.dead_comment(sql.skip(ended, ";"))
    opened = sql[inside.at - 1].kind == "open"
    if inside.telling and (closed or opened or inside.complete):
        return sure(INNER, 80)
    if inside.decided and (inside.conditions or sql[ended].kind == "comment"):
        return sure(TRUTH, 85)
    if not (closed or opened) or inside.wanting or programmed(sql, at, inside.at):
        return None
    if opened and not _LAST_STRING.match(sql[inside.at - 1].text):
        return None
    if inside.conditions or closed:
        return sure(JOINED, 75)
    signed = inside.at - at > 2 and sql[at].text not in {"-", ","}
    parts = inside.operators + inside.compared
    rich = inside.values > 1 and (not inside.names or parts > 1)
    return sure(JOINED, 65) if rich or (signed and not inside.names) else None


def _union(sql: Reading, at: int, before: Tail) -> Step:
    start = sql.skip(at + 1, _UNION_WORDS)
    if sql[start].text == "select":
        return _union_select(sql, start + 1, before), 0
    if before in {Tail.VALUE, Tail.QUOTED}:
        if sql[start].text == "values" and sql[start + 1].text in {"(", "row"}:
            return sure(UNION, 85), 0
        if sql[start].text == "table" and sql[start + 2].kind in {"end", "comment"}:
            return sure(UNION, 70), 0
        if sql.dead_comment(start) or (sql[start].text == END and (start > at + 1 or sql.comments)):
            return sure(UNION, 65), 0
        if sql[start].kind == "number" and sql[start + 1].text == ",":
            return sure(UNION, 75), 0
    return None, 0


def _union_select(sql: Reading, at: int, before: Tail) -> Finding | None:
    if selects(sql, at):
        return sure(UNION, 95)
    if before is Tail.NAMED:
        return None
    named = sql[at].text in TELLING or "_" in sql[at].text
    ended = sql[at + named].kind in {"end", "comment"}
    bracketed = sql[at - 2].text == "(" and sql[at + 1].text == ")"
    listless = sql[sql.skip(at, ("all", "distinct"))].text == "from"
    return sure(UNION, 80) if ended or bracketed or listless or sql.comments else None


def _next_statement(sql: Reading, at: int, _before: Tail) -> Step:
    for _ in range(_CLAUSES):
        at = sql.skip(at, ";")
        if found := statement(sql, at):
            return found, 0
        while sql[at].text not in {";", END}:
            at += 1
        if sql[at].text == END:
            break
    return None, 0


def _sorted_by(sql: Reading, at: int, before: Tail) -> Step:
    if sql[at + 1].text != "by":
        return None, 0
    first = at + 2
    part = Expression(sql, first)
    names = part.names
    while True:
        if part.waits:
            return sure(TIME, 95), 0
        if part.telling or part.queries or (part.decided and part.called + part.cases):
            return sure(INNER, 85), 0
        if sql[part.at].text != "," or part.wanting:
            break
        part = Expression(sql, part.at + 1)
        names += part.names
    after = 0 if part.wanting else part.at
    if sql[first].kind != "number" or names:
        return None, after
    ended = sql.skip(after, ("asc", "desc", ";"))
    if sql.dead_comment(ended):
        return sure(COLUMNS, 85), 0
    counted = sql[ended].text == END and before in {Tail.VALUE, Tail.QUOTED}
    return (sure(COLUMNS, 65) if counted else None), after


def _written(sql: Reading, at: int, _before: Tail) -> Step:
    return (sure(WRITES, 95) if sql[at + 1].text in {"outfile", "dumpfile"} else None), 0


def _limited(sql: Reading, at: int, before: Tail) -> Step:
    if not sql[at + 1].constant:
        return None, 0
    after = at + 2
    if sql[after].text in {",", "offset"} and sql[after + 1].constant:
        after += 2
    if before is Tail.EMPTY and after > at + 2 and sql.dead_comment(after):
        return sure(CUT, 60), 0
    return None, after


def _procedure(sql: Reading, at: int, _before: Tail) -> Step:
    analysed = sql[at + 1].text == "analyse" and sql[at + 2].text == "("
    return (sure(INNER, 92) if analysed else None), 0


def _locked(sql: Reading, at: int, _before: Tail) -> Step:
    if sql[at + 1].text == "update":
        return None, at + 2
    return None, at + 4 if sql[at + 2].text == "share" else 0


def _renamed(sql: Reading, at: int, _before: Tail) -> Step:
    """`1') as t where …`."""
    return None, at + 2 if sql[at + 2].text == "where" else 0


def _blocked(sql: Reading, at: int, _before: Tail) -> Step:
    """`'begin declare @s …`, `'goto label declare …`."""
    for ahead in range(at + 1, at + _FAR):
        if sql[ahead].text == "declare" and (found := statement(sql, ahead)):
            return found, 0
    return statement(sql, at + 1), 0


def _from(sql: Reading, at: int, before: Tail) -> Step:
    """`1) from users where name=`: the end of a query in brackets, and a table of the caller's."""
    closed = sql[at - 1].text == ")"
    selected = sql[at + 2].text == "where" and sql[at + 4].text in {"=", "like", "in", "<", ">"}
    if closed and selected and before in {Tail.VALUE, Tail.QUOTED}:
        return sure(INNER, 72), 0
    return None, 0


_CLAUSE_WORDS: dict[str, Callable[[Reading, int, Tail], Step]] = {
    "union": _union,
    **dict.fromkeys(("except", "intersect"), _union),
    ";": _next_statement,
    **dict.fromkeys(("order", "group"), _sorted_by),
    "into": _written,
    "from": _from,
    **dict.fromkeys(("limit", "offset"), _limited),
    "procedure": _procedure,
    **dict.fromkeys(("for", "lock"), _locked),
    "as": _renamed,
    **dict.fromkeys(("begin", "goto"), _blocked),
}
