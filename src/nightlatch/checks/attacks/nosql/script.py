"""JavaScript that a value would add to a server-side `$where`, map or reduce function."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

_STATEMENT = LazyPattern(
    r"""[\s)}]*+(?>(?:;|\|\||&&)?)[\s(!]*+(?:
        return\b (?!\s+(?:to|the|a|my|your|it|if|from|by|on|address|policy|label|of)\b)
      | (?:var|let|const) \s++ \w++ \s*+ (?:=|;|$)
      | \w++ \s*+=\s*+ new\s++Date \(?+\)?+ \s*+ ; \s*+ do \s*+ \{
      | while \s*+ \( | do \s*+ \{ | for \s*+ \( | function \s*+ [\w\s]*+ \(
      | sleep \s*+ \( \s*+ \d | this\. \w++ | this\[ | db\. \w++ \s*+ [.(]
      | Object\.keys | JSON\. | it\.\w++ | obj\.\w++ | emit\s*+\( | tojson\w*+\s*+\(
      | new\s++Date\b | Date\.now | process\.\w | require\s*+\( | global\.\w
    )""",
    re.VERBOSE,
)
_CONDITION = LazyPattern(
    r"""[\s)}]*+(?:\|\||&&)[\s(!]*+
        (?: ['"][^'"]*+['"]?+ | \d++ | true | false ) \s*+
        (?: ===?+ | !==?+ | [<>]=?+ | $ | // | ; | \|\| | && | %00 )""",
    re.VERBOSE,
)
_COMPARED = LazyPattern(r"===?+|!==?+|[<>]=?+|//|%00")
_JOINED = LazyPattern(r"""\s*+(\|\||&&)\s*+(?:\d++|true|false)\s*+(?:\|\||&&)\s*+['"]\w*+\Z""")
_LEAD = LazyPattern(
    r"\s*+[\w.\-]{0,40}+[\s)}\]]*+(?=;)|\s*+(?:\d++|true|false|null)[\s)}\]]*+(?=\|\||&&)"
)
_SHELL = LazyPattern(
    r"""[\s;'"})]*+ db\. (?: getCollection\([^)]*+\) | \w++ )\.
        (?:insert|find|remove|drop|update|save|delete|aggregate|mapReduce|eval|count)\w*+\s*+\(""",
    re.VERBOSE,
)
_QUOTES = ("'", '"', "`")
_STRONG = LazyPattern(
    r"this\.|this\[|;\s*+return|;\s*+(?:var|let|const)\s|sleep|do\s*+\{|while|db\."
)


def runs(text: str) -> bool:
    """Would it run as JavaScript, where a string or an operand of a program is pasted in?"""
    if _SHELL.match(text):
        return True
    lead = _LEAD.match(text)
    if lead and (found := _STATEMENT.match(text, lead.end())) and _STRONG.search(found[0]):
        return True
    return any(_breaks_out(text, at) for at in _breaks(text))


def _breaks(text: str) -> Iterator[int]:
    """Behind the first quote of each kind."""
    for quote in _QUOTES:
        at = text.find(quote)
        if at >= 0:
            yield at + 1


def _breaks_out(text: str, at: int) -> bool:
    begins = text[at : at + 1]
    if not begins or begins not in " ;|&)}\t\n":
        return False
    found = _STATEMENT.match(text, at)
    if found:
        return any(sign in found[0] for sign in (";", "||", "&&"))
    found = _CONDITION.match(text, at)
    return found is not None and (
        _COMPARED.search(found[0]) is not None or _JOINED.match(text, at) is not None
    )
