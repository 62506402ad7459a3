"""Does a value carry SQL that would run, were it pasted into a statement?

A value can be pasted in three places: bare (`WHERE id = …`), inside single quotes, and inside
double quotes. In each of the three it is read as SQL from there, and an attack must continue the
statement in a way that a database accepts. The three contexts are the idea of libinjection
(N. Galbreath, 2012).
Words alone never decide: "select a union rep and drop by" continues no statement.

Linear: one pattern match per token, tokens read only as far as the grammar asks.
"""

from nightlatch.checks.sql_tokens import END, Reading, Token

_TRUTH = "adds a condition that is decided in advance"
_UNION = "appends a second result with UNION SELECT"
_STACKED = "ends the statement and starts another"
_CLOSED = "closes a quote and comments the rest out"
_TIME = "makes the database wait or work"
_INNER = "adds a query of its own"
_COLUMNS = "counts the columns of the result"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOGIC = _words("or and xor || && having where")
_COMPARE = _words("= == <> != < > <= >= <=> like rlike regexp ilike is in between glob similar")
_LITERAL_WORDS = _words("null true false unknown")
_ARITHMETIC = _words("+ - * / % | || & ^ , << >> div mod")
_OPERATORS = _ARITHMETIC | _words("&& = < > like rlike regexp in")
_WAITING = _words("sleep pg_sleep benchmark randomblob dbms_pipe dbms_lock")
_PROBES = _WAITING | _words(
    """ascii substr substring mid length char_length ord if iif ifnull isnull coalesce nullif
    version database schema user current_user system_user session_user db_name user_name
    extractvalue updatexml exp elt make_set char chr concat group_concat load_file cast convert
    count exists row hex unhex bin_to_uuid json_extract json_keys utl_inaddr utl_http ctxsys
    xmltype sqlite_version lower upper rand"""
)
_OBJECTS = _words("table database schema view user index procedure function trigger login role")
_AFTER_NAME = {END} | _words(
    "; , . ( ) where cascade restrict values select as is with identified add modify set drop"
)
_AFTER_VALUE = (
    _words("; , ) from where limit order group union into as") | {END} | (_ARITHMETIC - {"-"})
)
_SIGNS = _words("( - + ! ~ not binary")


def sql_in(value: str) -> str | None:
    """What the SQL in `value` would do, in words; None when no context reads it as an attack."""
    found = _bare(Reading(value, 0), value)
    for quote in ("'", '"'):
        at = value.find(quote)
        if at >= 0 and not found:
            found = _quoted(Reading(value, at + 1))
    return found


def _bare(sql: Reading, value: str) -> str | None:
    """The value stands by itself: it may begin with one literal, which the application expects."""
    found = _tail(sql, 0) or _whole(sql)
    if found:
        return found
    at = sql.skip(0, _SIGNS)
    lead = sql[at]
    if lead.kind not in {"number", "string", "word"}:
        return None
    after = _operand_end(sql, at)
    if lead.kind == "word" and sql[after].text == ";" and not _terminated(value):
        return None  # "Read the mails; delete from inbox": a list of tasks, not a statement
    return _tail(sql, after)


def _quoted(sql: Reading) -> str | None:
    """The value's first quote closed the application's string."""
    after = sql.skip(0, ")")
    if sql.dead_comment(sql.skip(after, ";")):
        return _CLOSED
    if sql[after].text == "in" and sql[after + 2].text == "mode":
        after = sql.skip(after + 3, ")")  # MATCH … AGAINST ('…' IN BOOLEAN MODE)
    if sql[after].text == "as" and sql[after + 2].text == "where":
        after += 2
    return _tail(sql, after)


def _whole(sql: Reading) -> str | None:
    """An expression of its own: `(select(0)from(select(sleep(15)))v)`, `sleep(5)`."""
    at = sql.skip(0, "(")
    if at and sql[at].text == "select":
        return _INNER if _select(sql, at + 1) else None
    return _waits(sql, at)


def _tail(sql: Reading, at: int) -> str | None:
    """How the statement goes on after the place where the value broke out."""
    text = sql[at].text
    if sql[at].kind in {"string", "open", "number", "comment"}:
        return None
    found: str | None = None
    if text in _LOGIC:
        found = _condition(sql, at + 1)
    elif text == "union":
        found = _union(sql, at + 1)
    elif text == ";":
        found = _statement(sql, at + 1)
    elif text in {"order", "group"}:
        found = _sorted_by(sql, at + 1)
    elif text == "into":
        found = _INNER if sql[at + 1].text in {"outfile", "dumpfile"} else None
    elif text == "waitfor":
        found = _waitfor(sql, at + 1)
    if not found and text in _OPERATORS:
        found = _operand_query(sql, at + 1)
    return found


def _condition(sql: Reading, at: int) -> str | None:
    first = sql.skip(at, _SIGNS)
    left = sql[first]
    if left.text == "select":
        return _INNER if _select(sql, first + 1) else None
    if sql[first + 1].text in {"(", "."} and left.text in _PROBES:
        return _TIME if left.text in _WAITING else _INNER
    if left.text.startswith("@@"):
        return _INNER
    constant = left.constant or left.text in _LITERAL_WORDS
    verb = _operand_end(sql, first)
    if constant and (sql.dead_comment(verb) or _lonely_digit(sql, at, first)):
        return _TRUTH
    if constant and sql[verb].text == "group":
        return _sorted_by(sql, verb + 1)
    if sql[verb].text not in _COMPARE:
        return None
    return _compared(sql, left, verb + 1, constant=constant)


def _operand_end(sql: Reading, at: int) -> int:
    """Behind a literal or name, and what is reckoned with it: `5*2`, `(1,1)`, `'a'||'b'`."""
    at = sql.skip(at + 1, ")")
    while sql[at].text in _ARITHMETIC:
        operand = sql.skip(at + 1, _SIGNS)
        if not sql[operand].constant:
            break
        at = sql.skip(operand + 1, ")")
    return at


def _lonely_digit(sql: Reading, at: int, first: int) -> bool:
    """`' or '1`: the application's own quote closes it."""
    return first == at and sql[first].kind == "open" and sql[first].text[1:].isdecimal()


def _compared(sql: Reading, left: Token, at: int, *, constant: bool) -> str | None:
    other = sql.skip(at, _SIGNS)
    right = sql[other]
    if right.text == "select" and other > at:
        return _INNER
    if sql[other + 1].text in {"(", "."} and right.text in _PROBES:
        return _TIME if right.text in _WAITING else _INNER
    if not (right.constant or right.text in _LITERAL_WORDS):
        return _TRUTH if right.kind == "word" and right == left else None
    if constant or right.kind == "open":
        return _TRUTH
    after = _operand_end(sql, other)
    if sql.dead_comment(after):
        return _TRUTH
    return _condition(sql, after + 1) if sql[after].text in _LOGIC else None


def _union(sql: Reading, at: int) -> str | None:
    at = sql.skip(at, ("all", "distinct", "distinctrow", "("))
    if sql[at].text != "select":
        return None
    return _UNION if _select(sql, at + 1) else None


def _select(sql: Reading, at: int) -> bool:
    """Is what follows SELECT a list of expressions, and not a sentence?"""
    at = sql.skip(at, ("all", "distinct"))
    if sql[at].text == "top" and sql[at + 1].kind == "number":
        at += 2
    first, after = sql[at], sql[at + 1]
    if first.text in {"(", "*"} or first.text.startswith("@") or first.kind == "open":
        return True
    if first.constant or first.text in _LITERAL_WORDS:
        return after.text in _AFTER_VALUE or after.kind == "comment"
    if first.text in {"-", "+", "~", "!"}:
        return after.constant
    if first.kind != "word":
        return False
    return _named_columns(sql, at)


def _named_columns(sql: Reading, at: int) -> bool:
    while sql[at].kind == "word" and sql[at + 1].text in {",", "."}:
        at += 2
    if sql[at].constant or sql[at + 1].text == "(":
        return True
    if sql[at + 1].text != "from":
        return False
    after = sql[at + 3]
    return after.kind in {"comment", "open"} or after.text in _AFTER_VALUE | _AFTER_NAME


def _statement(sql: Reading, at: int) -> str | None:
    at = sql.skip(at, "(")
    verb, second = sql[at].text, sql[at + 1].text
    if verb == "select":
        return _STACKED if _select(sql, at + 1) else None
    if verb == "waitfor":
        return _waitfor(sql, at + 1)
    stacked = (
        (verb in {"drop", "create", "alter", "truncate"} and _object(sql, at + 1))
        or (verb == "delete" and second == "from" and _name_ends(sql, at + 2))
        or (verb == "insert" and second == "into" and _name_ends(sql, at + 2))
        or (verb == "update" and sql[at + 2].text == "set" and sql[at + 4].text == "=")
        or (verb in {"exec", "execute"} and second.startswith(("xp_", "sp_", "master", "(", "@")))
        or (verb in {"if", "iif"} and second == "(" and sql[at + 2].constant)
        or (verb == "call" and second.isidentifier() and _called(sql, at + 2))
        or (verb == "begin" and second in _WAITING)
        or (verb in {"declare", "set"} and second.startswith("@"))
        or (verb == "shutdown" and (second in {";", "with"} or sql.dead_comment(at + 1)))
    )
    return _STACKED if stacked else None


def _called(sql: Reading, at: int) -> bool:
    """`(5)`, `(repeat(…))`; but not the "(mobile)" of "call me (mobile)"."""
    return sql[at].text == "(" and (sql[at + 1].constant or sql[at + 2].text == "(")


def _object(sql: Reading, at: int) -> bool:
    """`table users`, `table if exists users cascade`; but not "table off at Anna's"."""
    if sql[at].text not in _OBJECTS:
        return False
    return _name_ends(sql, sql.skip(at + 1, ("if", "not", "exists")))


def _name_ends(sql: Reading, at: int) -> bool:
    after = sql[at + 1]
    if sql[at].kind not in {"word", "string"}:
        return False
    return after.text in _AFTER_NAME or after.kind in {"comment", "open"}


def _sorted_by(sql: Reading, at: int) -> str | None:
    if sql[at].text != "by":
        return None
    if sql[at + 1].text in _PROBES and sql[at + 2].text == "(":
        return _INNER
    counted = sql[at + 1].kind == "number" and sql.dead_comment(at + 2)
    return _COLUMNS if counted else None


def _operand_query(sql: Reading, at: int) -> str | None:
    """`'||(select …)||'`, `1-sleep(5)`."""
    inside = sql.skip(at, _SIGNS)
    if inside > at and sql[inside].text == "select":
        return _INNER if _select(sql, inside + 1) else None
    return _waits(sql, inside)


def _waits(sql: Reading, at: int) -> str | None:
    """`sleep(5)`; but not "sleep (8 hours)"."""
    if sql[at].text not in _WAITING or sql[at + 1].text not in {"(", "."}:
        return None
    if sql[at + 1].text == "." or sql[at + 3].text in {")", ",", "*"}:
        return _TIME
    return None


def _waitfor(sql: Reading, at: int) -> str | None:
    timed = sql[at].text in {"delay", "time"} and sql[at + 1].kind in {"string", "open"}
    return _TIME if timed else None


def _terminated(value: str) -> bool:
    return value.rstrip().endswith((";", "--", "#", "-- -", "--+", "*/"))
