"""What a piece of JavaScript would do, as far as somebody must worry."""

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

from nightlatch.checks.attacks.javascript.tokens import Token, tokens
from nightlatch.checks.attacks.javascript.words import (
    DISTANT,
    EVALUATORS,
    GLOBALS,
    HIGHER_ORDER,
    KEYWORDS,
    PROOFS,
    SECRET,
    SHOWN,
)


class Danger(IntEnum):
    NONE = 0
    FOREIGN = 1
    """Runs nothing here, but loads or sends elsewhere."""
    CODE = 2
    """Runs script, of which nothing says that it means harm."""
    HOSTILE = 3
    """Runs script that only somebody who tests or attacks a page writes."""


class _Code(NamedTuple):
    """Tokens that may be asked beyond either end."""

    tokens: Sequence[Token]
    depth: int
    """How many strings around it are evaluated to run it."""

    def at(self, index: int) -> Token:
        return self.tokens[index] if 0 <= index < len(self.tokens) else _END


class Act(NamedTuple):
    danger: Danger
    why: str


NOTHING = Act(Danger.NONE, "")

_DEPTH = 3
"""Strings within strings that are evaluated."""
_STRINGS = 64
"""Tokens among which the parts of evaluated code are looked for."""
_APPLY = ("call", "apply", "bind")
_USED = ("(", ".", "?.", "=", "[")
_END = Token("end", "", 0)
_MARKED = re.compile(
    r"xss|hack|pwn|csrf|poc\b|cookie|domain|javascript|vulnerab|inject", re.IGNORECASE
)
_FUCK = re.compile(r"[\[\]()!+\s]{20}")
_IDLE = re.compile(r"(?:void\(?0\)?|return(?:false|true)|false|true|null|undefined|[;\s#]|//)*\Z")
_PLAIN_CALL = re.compile(r"[\w$\])][(`]|[^=!<>]=[^=>]|\bimport\s*+['\"]|\bthrow\s*+[^\sa-z]")


def act(code: str, depth: int = 0) -> Act:
    """The worst that `code` would do; code that does nothing (`void(0)`) is nothing."""
    read = tokens(code)
    if hostile := _hostile(_Code(read, depth)) or obfuscated(code):
        return Act(Danger.HOSTILE, hostile)
    if not read or _IDLE.match(code.replace(" ", "")):
        return NOTHING
    return Act(Danger.CODE, "runs script")


def calls(code: str) -> bool:
    """Does it look as if it calls or assigns something?"""
    return bool(_PLAIN_CALL.search(code))


def proof(read: Sequence[Token]) -> str:
    """What is hostile in the tokens, in words; empty when nothing is."""
    return _hostile(_Code(read, 0))


def obfuscated(code: str) -> str:
    """In words, when code is written without letters (JSFuck and its kin)."""
    if len(code) < 30 or not _FUCK.search(code[:2048]):
        return ""
    signs = sum(map(code.count, "[]()!+"))
    return "is script written without letters" if signs > len(code) * 0.8 else ""


def sentence(read: Sequence[Token]) -> bool:
    """Do two words stand side by side, as in prose and in no script?"""
    before = _END
    for token in read:
        if token.kind == "word" == before.kind and not {before.text, token.text} & KEYWORDS:
            return True
        before = token
    return False


def _hostile(read: _Code) -> str:
    for at, token in enumerate(read.tokens):
        if token.kind == "word":
            judge = _JUDGES.get(token.text)
        elif token.literal and read.at(at - 1).text == "[" and read.at(at + 1).text == "]":
            if token.text in SECRET and read.at(at - 2).text == "document":
                return "reads the page's cookies"
            judge = _JUDGES.get(token.text) if read.at(at + 2).text in _USED else None
        else:
            continue
        if judge and (why := judge(read, at)):
            return why
    return ""


def _call(read: _Code, at: int) -> int:
    """Index of the parenthesis or template that calls what stands at `at`; 0 when nothing does."""
    after = at + 1
    while read.at(after).text in {")", "?.", "]"}:
        after += 1
    if read.at(after).text == "(" or read.at(after).kind == "template":
        return after
    if read.at(after).text == "." and read.at(after + 1).text in _APPLY:
        return after + 2
    return 0


def _proof(read: _Code, at: int) -> str:
    before = read.at(at - 1)
    if before.kind == "word" and before.text not in KEYWORDS:
        return ""
    if call := _call(read, at):
        if before.text == "." and read.at(at - 2).text not in GLOBALS:
            return ""
        proving = read.at(call - 1).text in _APPLY or _proving(read, call)
        return "calls alert, as an attempt does" if proving else ""
    after = read.at(at + 1).text
    handed = before.text in {"(", ","} and after in {")", ","}
    if handed and _higher_order(read, at):
        return "has alert called, as an attempt does"
    if before.text == "=" and after in {",", ";", "}", ")", "]"} and _runs_on(read, at + 1):
        return "has alert called by another name"
    return ""


def _proving(read: _Code, call: int) -> bool:
    """Is it called with what attempts call it with, and not with a sentence for people?"""
    argument = read.at(call) if read.at(call).kind == "template" else read.at(call + 1)
    if argument.literal:
        return " " not in argument.text.strip() or bool(_MARKED.search(argument.text))
    if argument.kind == "word" and read.at(call + 2).text not in {".", "[", "?.", "("}:
        name = argument.text
        return len(name) == 1 or name in SHOWN or bool(_MARKED.search(name))
    return True


def _higher_order(read: _Code, at: int) -> bool:
    return any(token.text in HIGHER_ORDER for token in read.tokens[max(0, at - 6) : at])


def _runs_on(read: _Code, at: int) -> bool:
    return any(
        token.text in {"(", "throw"} or token.kind == "template"
        for token in read.tokens[at : at + 24]
    )


def _evaluator(read: _Code, at: int) -> str:
    call = _call(read, at)
    name = read.at(at).text
    if not call:
        assigned = read.at(at - 1).text == "=" and name == "eval"
        return "has eval called by another name" if assigned and _runs_on(read, at + 1) else ""
    opened = read.at(call).text == "("
    argument = read.at(call + 1) if opened else read.at(call)
    if argument.literal and read.depth < _DEPTH:
        if name in {"constructor", "Function"} and _built(read, at):
            return "makes a function of a string"
        why = act(argument.text, read.depth + 1)
        if why.danger is Danger.HOSTILE:
            return "evaluates a string that " + why.why
        return "evaluates a string" if name == "eval" and opened and calls(argument.text) else ""
    if name in {"eval", "execScript"} and opened:
        if any(token.text in DISTANT for token in read.tokens[call : call + 10]):
            return "evaluates what comes from elsewhere"
        return _from_strings(read)
    return ""


def _from_strings(read: _Code) -> str:
    """Is a string among those that the evaluated code is put together from hostile by itself?"""
    strings = [token.text for token in read.tokens[:_STRINGS] if token.literal]
    if read.depth < _DEPTH and any(act(text, _DEPTH).danger is Danger.HOSTILE for text in strings):
        return "evaluates a string that calls alert"
    return ""


def _built(read: _Code, at: int) -> bool:
    """Is this a constructor asked of some value and called: `[].map.constructor('…')()`?"""
    if read.at(at).text == "constructor":
        return read.at(at - 1).text in {".", "[", "?."}
    return any(token.text == ")" and read.at(at + offset + 1).text in {"(", "`"}
               for offset, token in enumerate(read.tokens[at : at + 6]))  # fmt: skip


def _document(read: _Code, at: int) -> str:
    after = read.at(at + 1).text
    name = read.at(at + 2)
    if after in {".", "?."} and name.text in SECRET:
        return "reads the page's cookies"
    if after in {".", "["} and name.text in {"write", "writeln"}:
        written = next((token.text for token in read.tokens[at + 3 : at + 7] if token.literal), "")
        return "writes script into the page" if "<" in written and "script" in written else ""
    return ""


def _location(read: _Code, at: int) -> str:
    after = at + 1
    while read.at(after).text in {".", "href", "assign", "replace", "[", "]", "("}:
        after += 1
    if (after > at + 1 and read.at(after - 1).text in {"(", "["}) or read.at(after).text == "=":
        after += read.at(after).text == "="
        target = read.at(after)
        if target.literal and re.match(
            r"\s*(?:javascript|data|vbscript)\s*:", target.text, re.IGNORECASE
        ):
            return "sends the browser to a script"
        if target.kind == "end" and after > at + 1:
            return "sends the browser elsewhere"
        if target.text == "name" and target.kind == "word":
            return "evaluates what comes from elsewhere"
    return ""


def _import(read: _Code, at: int) -> str:
    target = read.at(at + 2)
    if (
        read.at(at + 1).text == "("
        and target.literal
        and target.text.startswith(("//", "http", "data:"))
    ):
        return "loads a script from elsewhere"
    return ""


def _sorted(read: _Code, at: int) -> str:
    """AngularJS evaluates what it is told to sort by."""
    key = read.at(at + 2)
    if read.at(at + 1).text == ":" and key.literal and read.depth < _DEPTH:
        return act(key.text, read.depth + 1).why
    return ""


def _throw(read: _Code, at: int) -> str:
    if any(token.text == "onerror" for token in read.tokens[max(0, at - 12) : at + 12]):
        return "throws into a handler of its own"
    return ""


_Judge = Callable[[_Code, int], str]
_JUDGES: dict[str, _Judge] = {
    **dict.fromkeys(PROOFS, _proof),
    **dict.fromkeys(EVALUATORS, _evaluator),
    "document": _document,
    "location": _location,
    "import": _import,
    "orderBy": _sorted,
    "throw": _throw,
}
