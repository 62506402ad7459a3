"""One SQL expression, read as far as it goes, and what it holds.

A machine of two states with a count of brackets: an operand is wanted, or an operand was read and
an operator is wanted. It needs no precedence and no recursion, for it does not compute; it only
tells how far the text is SQL, which is far in an attack and two words in a sentence.
"""

from nightlatch.checks.attacks.sql.tokens import Reading, Token
from nightlatch.checks.attacks.sql.words import (
    ARITHMETIC,
    BARE_CALLS,
    CALLS,
    COMPARE,
    FIRST_ROWS,
    LITERALS,
    LOGIC,
    QUERY_WORDS,
    RESERVED,
    SIGNS,
    TELLING,
    WAITING,
)

_UNION_WORDS = frozenset(("all", "distinct", "distinctrow"))
_PREFIXES = frozenset(("array", "row", "date", "timestamp", "time", "case", "when"))
_MORE_COMPARE = frozenset(("like", "in", "between", "rlike", "regexp", "ilike", "similar", "to"))


class Expression:
    """What begins at token `at`. With `logic=False` it ends before AND and OR; with `query=True` it
    is what follows SELECT."""

    __slots__ = (
        "_between",
        "_left",
        "_logic",
        "_names",
        "_run_name",
        "_sql",
        "_values",
        "alias",
        "at",
        "called",
        "cases",
        "compared",
        "conditions",
        "constant",
        "decided",
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
        self.at = at
        """The token after it."""
        self.depth = 0
        """Brackets left open."""
        self.wanting = True
        """It ends where an operand should follow."""
        self.query = query
        self.queries = 0
        """Bracketed queries."""
        self.called = 0
        """Known functions."""
        self.telling = 0
        """Functions and variables that only a database has."""
        self.system = False
        """It reads a variable of the server."""
        self.waits = False
        self.compared = False
        """Something is compared with something."""
        self.decided = False
        """Constants are compared with each other, or a name with itself."""
        self.constant = False
        """A constant stands for a condition."""
        self.conditions = 0
        """ANDs and ORs."""
        self.operators = 0
        self.values = 0
        self.names = 0
        self.alias = False
        self._left: tuple[int, int, str] | None = None
        self._names = self._values = 0
        self._run_name = ""
        self._between = self.cases = False
        self._read()

    @property
    def complete(self) -> bool:
        return not self.wanting and not self.depth

    def _read(self) -> None:
        while True:
            token = self._sql[self.at]
            wanting = self._operand(token) if self.wanting else self._operator(token)
            if wanting is None:
                break
            self.wanting = wanting
            self.at += 1
        self._settle()

    def _operand(self, token: Token) -> bool | None:
        """Does it still want an operand after `token`? None when this is none."""
        kind, text = token
        if text == "(":
            self.depth += 1
            return True
        if text in SIGNS:
            return self._sign(text)
        if text in _PREFIXES and self._prefixes(text):
            return True
        if token.constant:
            self._values += 1
            self.values += 1
            return False
        if kind == "word":
            return self._word(text)
        if kind == "variable":
            self.system = self.system or text.startswith("@@")
            self.telling += text.startswith("@@") and len(text) > 2
            self._values += 1
            self.values += 1
            return False
        if kind == "name":
            self._name(text)
            return False
        if text == "*" and (self.query or self.queries or self._sql[self.at - 1].text == "("):
            return False
        if text == ")" and self.depth and self._sql[self.at - 1].text == "(":
            self.depth -= 1
            return False
        return None

    def _sign(self, text: str) -> bool | None:
        if text == "exists" and self._sql[self.at + 1].text == "(":
            self.called += 1
        if not text.isalpha() or self._sql[self.at + 1].text not in {",", ")", ".", "="}:
            return True
        self._name(text)
        return False

    def _prefixes(self, text: str) -> bool:
        """`date '2026-01-01'`, `case when …`; but a column may be called date."""
        after = self._sql[self.at + 1]
        if text in {"case", "when"}:
            self.cases = True
            return after.text != "="
        return after.constant or after.text == "("

    def _word(self, text: str) -> bool | None:
        sql, after = self._sql, self._sql[self.at + 1].text
        if text == "select":
            return self._select()
        if text in LITERALS:
            self._values += 1
            self.values += 1
            return False
        if after == "(":
            if text in RESERVED and text not in CALLS:
                return None
            self._call(text)
            return False
        if text in WAITING and after == "." and sql[self.at + 2].kind == "word":
            self.waits = True
        if text in RESERVED:
            return None
        if text in BARE_CALLS:
            self._values += 1
            self.called += 1
        else:
            self._name(text)
        return False

    def _select(self) -> bool | None:
        if not self.depth and not self.query:
            return None
        self.queries += 1
        self.query = True
        self.at = self._sql.skip(self.at + 1, _UNION_WORDS) - 1
        if self._sql[self.at + 1].text in FIRST_ROWS and self._sql[self.at + 2].constant:
            self.at += 2
        return True

    def _name(self, text: str) -> None:
        self._names += 1
        self.names += 1
        self._run_name = text

    def _call(self, text: str) -> None:
        if text in CALLS:
            self.called += 1
            self.telling += text in TELLING
            self.waits = self.waits or (text in WAITING and self._argument())
            self._values += 1
        else:
            self._name(text)

    def _argument(self) -> bool:
        """`sleep(5)`; but not "sleep (8 hours)"."""
        first, after = self._sql[self.at + 2], self._sql[self.at + 3].text
        return first.text in {"(", ")", "-"} or after in {")", ",", "*", "(", "-", "+", "/"}

    def _operator(self, token: Token) -> bool | None:
        kind, text = token
        if text == ")":
            if not self.depth:
                return None
            self.depth -= 1
            return False
        if text == "(":
            return self._brackets()
        if text in LOGIC:
            return self._condition(text)
        if text in COMPARE:
            return self._comparison(text)
        if text == "," and not self.depth and not self.query:
            return None
        if text in ARITHMETIC:
            if text == ",":
                self._settle()
            else:
                self.operators += 1
            return True
        if text in {".", "::", ":="}:
            return True
        return self._suffix(kind, text)

    def _brackets(self) -> bool | None:
        if self._sql[self.at - 1].kind not in {"word", "name"}:
            return None
        self.depth += 1
        return True

    def _condition(self, text: str) -> bool | None:
        if text == "and" and self._between:
            self._between = False
            return True
        if not self._logic and not self.depth:
            return None
        self._settle()
        self.conditions += 1
        return True

    def _comparison(self, text: str) -> bool:
        if text in {"not", "sounds", "similar"} and self._sql[self.at + 1].text in _MORE_COMPARE:
            self.at += 1
        self._between = "between" in {text, self._sql[self.at].text}
        if text in {"is", "not"} or self._left is None:
            self._left = self._left or (self._names, self._values, self._run_name)
            self._names = self._values = 0
        self.compared = True
        return True

    def _suffix(self, kind: str, text: str) -> bool | None:
        inside = self.query or self.depth > 0 or self.cases
        if kind in {"string", "open"} and self._sql[self.at - 1].kind == "string":
            return False
        if inside and text in QUERY_WORDS:
            self._settle()
            if text in {"order", "group"} and self._sql[self.at + 1].text == "by":
                self.at += 1
            self.alias = False
            return text not in {"asc", "desc", "rows", "only"}
        if inside and text == "end":
            return False
        if inside and text == "union":
            self._settle()
            self.at = self._sql.skip(self.at + 1, _UNION_WORDS) - 1
            return True
        if self.query and kind in {"word", "name"} and text not in RESERVED and not self.alias:
            self.alias = True
            return False
        return None

    def _settle(self) -> None:
        """A comparison, or what stands for one, is over."""
        if self._left is not None:
            names, values, name = self._left
            if not names and not self._names:
                self.decided = self.decided or bool(values and self._values)
            elif names == self._names == 1 and not values and not self._values:
                self.decided = self.decided or name == self._run_name
        elif self._values and not self._names:
            self.constant = True
        self._left = None
        self._names = self._values = 0
        self.alias = False
