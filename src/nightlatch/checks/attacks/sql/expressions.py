"""One SQL expression, read as far as it goes, and what it holds.

A machine of two states with a count of brackets: an operand is wanted, or an operand was read and
an operator is wanted. It needs no precedence and no recursion, for it does not compute; it only
tells how far the text is SQL, which is far in an attack and two words in a sentence.
"""

from nightlatch.checks.attacks.sql.conditions import Conditions
from nightlatch.checks.attacks.sql.tokens import Reading, Token
from nightlatch.checks.attacks.sql.words import (
    ARITHMETIC,
    BARE_CALLS,
    CALLS,
    COMPARE,
    FAMILIES,
    FIRST_ROWS,
    LITERALS,
    LOGIC,
    PACKAGES,
    QUERY_WORDS,
    RESERVED,
    SCHEMAS,
    SIGNS,
    TELLING,
    WAITING,
)

_UNION_WORDS = frozenset(("all", "distinct", "distinctrow"))
_PREFIXES = frozenset(("array", "row", "date", "timestamp", "time", "case", "when"))
_MORE_COMPARE = frozenset(("like", "in", "between", "rlike", "regexp", "ilike", "similar", "to"))
_LAST_WORDS = frozenset(("asc", "desc", "rows", "only"))


class Expression:
    """What begins at token `at`. With `logic=False` it ends before AND and OR; with `query=True` it
    is what follows SELECT."""

    __slots__ = (
        "_aliased",
        "_between",
        "_cases",
        "_conditions",
        "_logic",
        "_sql",
        "at",
        "called",
        "cases",
        "compared",
        "conditions",
        "depth",
        "names",
        "operators",
        "queries",
        "query",
        "system",
        "telling",
        "values",
        "waits",
        "wanting",
    )

    def __init__(self, sql: Reading, at: int, *, logic: bool = True, query: bool = False) -> None:
        self._sql = sql
        self._logic = logic
        self._conditions = Conditions()
        self._between = self._aliased = False
        self.at = at
        """The token after it."""
        self.depth = 0
        """Brackets left open."""
        self.wanting = True
        """It ends where an operand should follow."""
        self.query = query
        self.queries = 0
        """Queries in brackets."""
        self.called = 0
        """Known functions."""
        self.telling = 0
        """Functions and variables that only a database has."""
        self.system = False
        """It reads a variable of the server."""
        self.waits = False
        self.compared = False
        """Something is compared with something."""
        self.cases = self._cases = 0
        """CASEs; and those without an END so far."""
        self.conditions = self.operators = self.values = self.names = 0
        self._read()

    @property
    def complete(self) -> bool:
        return not self.wanting and not self.depth

    @property
    def decided(self) -> bool:
        """Constants are compared with each other, or a name with itself."""
        return self._conditions.decided

    @property
    def decided_inside(self) -> bool:
        """And so in brackets, as in `(1=2)*3` and `f(1=2)`."""
        return self._conditions.decided_inside

    @property
    def constant(self) -> bool:
        """A constant stands for a condition."""
        return self._conditions.constant

    def _read(self) -> None:
        sql = self._sql
        while True:
            token = sql[self.at]
            wanting = self._operand(token) if self.wanting else self._operator(token)
            if wanting is None:
                break
            self.wanting = wanting
            self.at += 1
        while self.depth and self._conditions.nested:
            self._conditions.close()
        self._conditions.settle()

    def _operand(self, token: Token) -> bool | None:
        """Does it still want an operand after `token`? None when this is none."""
        kind, text = token
        if kind in {"number", "string", "open"}:
            return self._value()
        if kind == "word":
            return self._word(text)
        if kind == "variable":
            self.system = self.system or text.startswith("@@")
            self.telling += text.startswith("@@")
            return self._value()
        if kind == "name":
            return self._name(text)
        if text in {"(", "["}:
            return self._open("")
        if text in SIGNS:
            return True
        if text == "*" and (self.query or self.queries or self._sql[self.at - 1].text == "("):
            return False
        if text == ")" and self.depth and self._sql[self.at - 1].text == "(":
            return self._close()
        return None

    def _value(self) -> bool:
        self.values += 1
        self._conditions.value()
        return False

    def _name(self, text: str) -> bool:
        self.names += 1
        self._conditions.named(text)
        return False

    def _open(self, called: str) -> bool:
        self.depth += 1
        self._conditions.open(called)
        return True

    def _close(self) -> bool:
        self.depth -= 1
        self._conditions.close()
        return False

    def _word(self, text: str) -> bool | None:
        after = self._sql[self.at + 1]
        if text in SIGNS:
            return self._sign(text, after)
        if text in _PREFIXES and self._prefixes(text, after):
            return True
        if text == "select":
            return self._select()
        if text in LITERALS:
            return self._value()
        if after.text == "(":
            return None if text in RESERVED and text not in CALLS else self._call(text)
        if after.text == "." and text.startswith(PACKAGES):
            self.telling += 1
            self.waits = self.waits or text in WAITING
        if text in RESERVED:
            return None
        if text in BARE_CALLS:
            self.called += 1
            return self._value()
        return self._name(text)

    def _sign(self, text: str, after: Token) -> bool:
        if after.text in {",", ")", ".", "="}:
            return self._name(text)
        self.called += text == "exists" and after.text == "("
        return True

    def _prefixes(self, text: str, after: Token) -> bool:
        """`date '2026-01-01'`, `case when …`; but a column may be called date."""
        if text in {"case", "when"}:
            self.cases += text == "case"
            self._cases += text == "case"
            return after.text != "="
        return after.constant or after.text in {"(", "["}

    def _select(self) -> bool | None:
        if not self.depth and not self.query:
            return None
        self.queries += 1
        self.query = True
        self.at = self._sql.skip(self.at + 1, _UNION_WORDS) - 1
        if self._sql[self.at + 1].text in FIRST_ROWS and self._sql[self.at + 2].constant:
            self.at += 2
        return True

    def _call(self, text: str) -> bool:
        """A name with a bracket behind it; the bracket is read next."""
        if not (text in CALLS or text.startswith(FAMILIES)) or self._method():
            return self._name(text)
        self.called += 1
        self.telling += text in TELLING or text.startswith(FAMILIES)
        self.waits = self.waits or (text in WAITING and self._waiting())
        return self._value()

    def _method(self) -> bool:
        """`time.sleep(…)` is a programmer's, `sys.sleep(…)` a database's."""
        if self._sql[self.at - 1].text != "." or self.at < 2:
            return False
        return not self._sql[self.at - 2].text.startswith(SCHEMAS)

    def _waiting(self) -> bool:
        """`sleep(5)`; but not "sleep (8 hours)"."""
        first, after = self._sql[self.at + 2], self._sql[self.at + 3].text
        if first.kind == "word":
            return after == "("
        return first.text in {"(", "-"} or after in {")", ",", "*", "-", "+", "/"}

    def _operator(self, token: Token) -> bool | None:
        kind, text = token
        if text in {")", "]"}:
            return self._close() if self.depth else None
        if text in {"(", "["}:
            return self._arguments()
        if text in LOGIC:
            return self._condition(text)
        if text in COMPARE:
            return self._comparison(text) or None
        if text == ",":
            self._conditions.settle()
            self._aliased = False
            return True if self.depth or self.query else None
        if text in ARITHMETIC:
            self.operators += 1
            return True
        if text == ".":
            self._conditions.member()
            return True
        if text == "::":
            self.at += 1  # the type
            return False
        if text == ":=":
            return True
        return self._suffix(kind, text)

    def _arguments(self) -> bool | None:
        before = self._sql[self.at - 1]
        if before.kind not in {"word", "name"}:
            return None
        return self._open(before.text)

    def _condition(self, text: str) -> bool | None:
        if text == "and" and self._between:
            self._between = False
            return True
        if not self._logic and not self.depth:
            return None
        self._conditions.settle()
        self.conditions += 1
        return True

    def _comparison(self, text: str) -> bool:
        if text in {"not", "sounds", "similar"}:
            if self._sql[self.at + 1].text not in _MORE_COMPARE:
                return False
            self.at += 1
        self._between = "between" in {text, self._sql[self.at].text}
        self._conditions.compare()
        self.compared = True
        return True

    def _suffix(self, kind: str, text: str) -> bool | None:
        """What else may follow an operand: a string that is joined to one, a part of a query, an
        alias."""
        if kind in {"string", "open"}:
            return False if self._sql[self.at - 1].kind == "string" else None
        if self.query or self.depth or self._cases:
            if text in QUERY_WORDS:
                return self._part_of_query(text)
            if text == "end":
                self._cases -= 1
                return False
            if text == "union":
                self._conditions.settle()
                self.at = self._sql.skip(self.at + 1, _UNION_WORDS) - 1
                return True
        if self.query and kind in {"word", "name"} and text not in RESERVED and not self._aliased:
            self._aliased = True
            return False
        return None

    def _part_of_query(self, text: str) -> bool:
        self._conditions.settle()
        self._aliased = False
        if text in {"order", "group"} and self._sql[self.at + 1].text == "by":
            self.at += 1
        return text not in _LAST_WORDS
