"""Is this a statement, or a sentence that begins with the same word?

English shares its verbs with SQL: select, drop, create, update, execute. What follows decides: a
list of expressions, an object and a name, an assignment.
"""

from collections.abc import Callable

from nightlatch.checks.attacks.sql.expressions import Expression
from nightlatch.checks.attacks.sql.finding import STACKED, TIME, Finding, sure
from nightlatch.checks.attacks.sql.tokens import END, Reading
from nightlatch.checks.attacks.sql.words import (
    ARITHMETIC,
    BARE_CALLS,
    CALLS,
    FIRST_ROWS,
    LITERALS,
    OBJECTS,
    WAITING,
    words,
)

_AFTER_NAME = {END} | words(
    """; , . ( ) where cascade restrict values select as is with identified add modify set drop
    union limit order group having to returns"""
)
_AFTER_VALUE = (
    words("; , ) from where limit order group union into as goto begin =")
    | {END, "||"}
    | (ARITHMETIC - {"-"})
)
_FIRST = CALLS | words("( ~ - ! +")
_ROUTINES = ("xp_", "sp_", "master", "(", "@", "dbms_", "utl_", "sys.")


def selects(sql: Reading, at: int) -> bool:
    """Is what follows SELECT a list of expressions, and not a sentence?"""
    at = sql.skip(at, ("all", "distinct", "distinctrow", "binary"))
    while sql[at].text in FIRST_ROWS and sql[at + 1].constant:
        at = sql.skip(at + 2, ("distinct",))
    if sql[at].text == "case":
        return Expression(sql, at).values > 0
    first, after = sql[at], sql[at + 1]
    if first.text in {"(", "["}:
        return _bracketed(sql, at)
    if first.text in {"*", "."} or first.kind in {"variable", "open", "name"}:
        return True
    if first.constant or first.text in LITERALS:
        if after.text == "-" and sql[at + 2].text == END:
            return True
        return after.text in _AFTER_VALUE or after.kind in {"comment", "variable"}
    if first.text in {"-", "+", "~", "!"}:
        return sql[at + 1].constant or sql[at + 1].text in _FIRST
    return first.kind == "word" and _named_columns(sql, at)


def _bracketed(sql: Reading, at: int) -> bool:
    """`(0)from(…)`, `(password)from users`; but not `select(users.c.name).where(…)`."""
    inside = Expression(sql, at)
    if inside.queries or (inside.values and not inside.names):
        return True
    return sql[inside.at].text in {"from", "union", "limit", ",", "into"}


def _named_columns(sql: Reading, at: int) -> bool:
    first = at
    while sql[at].kind == "word" and sql[at + 1].text in {",", "."}:
        at += 2
    if at > first + 2 and sql[at + 1].text == "from":
        return True
    if sql[at - 1].text == "." and sql.dead_comment(at + 1):
        return True
    if sql[at].constant or sql[at].kind in {"variable", "name"} or sql[at + 1].text in {"(", "||"}:
        return True
    if sql[at].text in BARE_CALLS and sql[at + 1].kind in {"end", "comment"}:
        return True
    if sql[at + 1].text == "where":
        return Expression(sql, at + 2).decided
    if "_" in sql[at].text and (sql[at + 2].text == "from" or sql[at + 1].kind == "string"):
        return True
    at += 2 * (sql[at + 1].text == "as")
    if sql[at + 1].text != "from":
        return False
    if sql[at + 2].kind == "name" or sql[at + 2].text in {"(", "["}:
        return True
    after = sql[at + 3]
    return after.kind in {"comment", "open"} or after.text in _AFTER_VALUE | _AFTER_NAME


def statement(sql: Reading, at: int) -> Finding | None:
    """The statement that begins at `at`, where one could begin."""
    at = sql.skip(at, ("(", "begin", "then", "else"))
    known = _STATEMENTS.get(sql[at].text)
    if known is None:
        return None
    found = known(sql, at)
    if isinstance(found, Finding):
        return found
    return sure(STACKED, 92) if found else None


def _waitfor(sql: Reading, at: int) -> Finding | None:
    timed = sql[at + 1].text in {"delay", "time"} and (
        sql[at + 2].kind in {"string", "open", "variable"}
    )
    return sure(TIME, 95) if timed else None


def _call(sql: Reading, at: int) -> Finding | None:
    """`sleep(5)` and `dbms_lock.sleep(5)` in a block."""
    waits = sql[at].text in WAITING and Expression(sql, at).waits
    return sure(TIME if sql[at - 1].text != "begin" else STACKED, 92) if waits else None


def _selected(sql: Reading, at: int) -> bool:
    return selects(sql, at + 1)


def _object_changed(sql: Reading, at: int) -> bool:
    """`drop table users`, `create or replace function f()`; but not "drop table off at Anna's"."""
    at = sql.skip(at + 1, ("or", "replace", "temporary", "temp", "unique", "global", "external"))
    if sql[at].text not in OBJECTS:
        return sql[at - 1].text == "truncate" and _name_ends(sql, at)
    return _name_ends(sql, sql.skip(at + 1, ("if", "not", "exists")))


def _deleted(sql: Reading, at: int) -> bool:
    at = sql.skip(at + 1, ("quick", "ignore", "low_priority"))
    return sql[at].text == "from" and _name_ends(sql, at + 1)


def _inserted(sql: Reading, at: int) -> bool:
    at = sql.skip(at + 1, ("into", "ignore", "delayed", "overwrite"))
    return sql[at - 1].text != sql[at].text and sql[at - 1].text == "into" and _name_ends(sql, at)


def _updated(sql: Reading, at: int) -> bool:
    at = _path_end(sql, at + 1)
    return sql[at].text == "set" and sql[_path_end(sql, at + 1)].text in {"=", ":="}


def _path_end(sql: Reading, at: int) -> int:
    """Behind `users`, `dbo.users`, `[dbo].[users]`."""
    at = sql.skip(at, "([")
    while sql[at + 1].text in {".", ")"}:
        at += 1 if sql[at + 1].text == ")" else 2
    return at + 1


def _executed(sql: Reading, at: int) -> bool:
    second = sql[at + 1].text
    if second == "immediate":
        return sql[at + 2].constant or sql[at + 2].text == "("
    return second.startswith(_ROUTINES) or (second == "sys" and sql[at + 2].text == ".")


def _branched(sql: Reading, at: int) -> bool:
    return sql[at + 1].text == "(" and Expression(sql, at + 2).decided


def _branched_or_not(sql: Reading, at: int) -> bool:
    inside = Expression(sql, at + 1)
    return (
        inside.decided
        or (inside.compared and inside.telling > 0)
        or (sql[at + 1].text in {"(", "exists", "not"} and inside.queries > 0)
    )


def _called(sql: Reading, at: int) -> bool:
    """`call f(5)`, `call f(repeat(…))`; but not the "(mobile)" of "call me (mobile)"."""
    at += 2 * (sql[at + 2].text == ".")
    if not sql[at + 1].text.isidentifier() or sql[at + 2].text != "(":
        return False
    return sql[at + 3].constant or sql[at + 4].text == "("


def _declared(sql: Reading, at: int) -> bool:
    if sql[at + 2].text == "cursor":
        return True
    return sql[at + 1].kind == "variable" and len(sql[at + 1].text) > 1


def _shut(sql: Reading, at: int) -> bool:
    return sql[at + 1].text in {";", "with"} or sql.dead_comment(at + 1)


def _done(sql: Reading, at: int) -> bool:
    """`do sleep(5)`, `do (1=1)`, PostgreSQL's `do $$…$$`."""
    body = Expression(sql, at + 1)
    return body.waits or body.decided or sql[at + 1].text.startswith("$$")


def _handled(sql: Reading, at: int) -> bool:
    return sql[at + 1].kind in {"word", "name"} and sql[at + 2].text in {"open", "read", "close"}


def _copied(sql: Reading, at: int) -> bool:
    to = sql[at + 2].text in {"from", "to"} or sql[at + 1].text == "("
    return to and sql[at + 1].kind in {"word", "name", "symbol"} and _program(sql, at + 2)


def _program(sql: Reading, at: int) -> bool:
    for ahead in range(at, at + 12):
        if sql[ahead].text in {"program", "to", "from"} and sql[ahead + 1].constant:
            return True
    return False


def _granted(sql: Reading, at: int) -> bool:
    at = sql.skip(at + 1, ("all", "privileges", "select", ",", "insert", "update", "dba"))
    return (
        sql[at].text in {"on", "to"}
        and sql[at - 1].text != "grant"
        and (sql[at + 1].kind in {"word", "name", "symbol", "string"})
        and sql[at + 2].text in {".", "to", ";", "identified", "@"}
    )


def _printed(sql: Reading, at: int) -> bool:
    return sql[at + 1].kind == "string" or sql[at + 1].text.startswith("@@")


def _attached(sql: Reading, at: int) -> bool:
    at = sql.skip(at + 1, ("database",))
    return sql[at].constant and sql[at + 1].text == "as"


def _named(sql: Reading, at: int) -> bool:
    """`pragma table_info(x)`, `use master`, `show tables`, `kill 5`, `load_extension(…)`."""
    verb, second, third = sql[at].text, sql[at + 1].text, sql[at + 2].text
    if verb == "use":
        return second in {"master", "mysql", "information_schema"}
    if verb == "show":
        return second in {"tables", "databases", "grants", "variables"}
    if verb == "backup":
        return second in {"database", "log"} and third != ""
    return third in {"(", "="} and second.isidentifier()


def _name_ends(sql: Reading, at: int) -> bool:
    if sql[at].text in {"(", "["}:
        return sql[at + 1].kind == "word" and sql[at + 2].text in {")", "]"}
    after = sql[at + 1]
    if sql[at].kind not in {"word", "string", "name"}:
        return False
    return after.text in _AFTER_NAME or after.kind in {"comment", "open"}


_STATEMENTS: dict[str, Callable[[Reading, int], bool | Finding | None]] = {
    "select": _selected,
    "waitfor": _waitfor,
    **dict.fromkeys(("drop", "create", "alter", "truncate", "rename"), _object_changed),
    "delete": _deleted,
    **dict.fromkeys(("insert", "replace"), _inserted),
    "update": _updated,
    **dict.fromkeys(("exec", "execute"), _executed),
    "if": _branched_or_not,
    "iif": _branched,
    "call": _called,
    **dict.fromkeys(("declare", "set"), _declared),
    "shutdown": _shut,
    **dict.fromkeys(WAITING, _call),
    "do": _done,
    "handler": _handled,
    "copy": _copied,
    **dict.fromkeys(("grant", "revoke"), _granted),
    "print": _printed,
    "attach": _attached,
    **dict.fromkeys(("pragma", "use", "show", "backup"), _named),
}
