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


class Act(NamedTuple):
    danger: Danger
    why: str


NOTHING = Act(Danger.NONE, "")

_DEPTH = 3
"""Strings within strings that are evaluated."""
_APPLY = ("call", "apply", "bind")
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
    if hostile := _hostile(read, depth) or obfuscated(code):
        return Act(Danger.HOSTILE, hostile)
    if not read or _IDLE.match(code.replace(" ", "")):
        return NOTHING
    return Act(Danger.CODE, "runs script")


def calls(code: str) -> bool:
    """Does it look as if it calls or assigns something?"""
    return bool(_PLAIN_CALL.search(code))


def proof(read: Sequence[Token], depth: int = 0) -> str:
    """What is hostile in the tokens, in words; empty when nothing is."""
    return _hostile(read, depth)


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
        if token.kind == "word" and before.kind == "word":
            if before.text not in KEYWORDS and token.text not in KEYWORDS:
                return True
        before = token
    return False


def _hostile(read: Sequence[Token], depth: int) -> str:
    for at, token in enumerate(read):
        if token.kind == "word":
            judge = _JUDGES.get(token.text)
        elif token.literal and _at(read, at - 1).text == "[" and _at(read, at + 1).text == "]":
            judge = _JUDGES.get(token.text)
            if judge and _at(read, at - 2).text == "document" and token.text in SECRET:
                return "reads the page's cookies"
            if judge is _proof and _at(read, at + 2).text not in {"(", ".", "?."}:
                judge = None
        else:
            continue
        if judge and (why := judge(read, at, depth)):
            return why
    return ""


def _at(read: Sequence[Token], at: int) -> Token:
    return read[at] if 0 <= at < len(read) else _END


def _call(read: Sequence[Token], at: int) -> int:
    """Index of the parenthesis or template that calls what stands at `at`; 0 when nothing does."""
    after = at + 1
    while _at(read, after).text in {")", "?.", "]"}:
        after += 1
    if _at(read, after).text == "(" or _at(read, after).kind == "template":
        return after
    if _at(read, after).text == "." and _at(read, after + 1).text in _APPLY:
        return after + 2
    return 0


def _proof(read: Sequence[Token], at: int, depth: int) -> str:
    before = _at(read, at - 1)
    if before.kind == "word" and before.text not in KEYWORDS:
        return ""
    if call := _call(read, at):
        if before.text == "." and _at(read, at - 2).text not in GLOBALS:
            return ""
        proving = _at(read, call - 1).text in _APPLY or _proving(read, call)
        return "calls alert, as an attempt does" if proving else ""
    after = _at(read, at + 1).text
    handed = before.text in {"(", ","} and after in {")", ","}
    if handed and _higher_order(read, at):
        return "has alert called, as an attempt does"
    if before.text == "=" and after in {",", ";", "}", ")", "]"} and _runs_on(read, at + 1):
        return "has alert called by another name"
    return ""


def _proving(read: Sequence[Token], call: int) -> bool:
    """Is it called with what attempts call it with, and not with a sentence for people?"""
    argument = _at(read, call) if _at(read, call).kind == "template" else _at(read, call + 1)
    if argument.literal:
        return " " not in argument.text.strip() or bool(_MARKED.search(argument.text))
    if argument.kind == "word" and _at(read, call + 2).text not in {".", "[", "?.", "("}:
        name = argument.text
        return len(name) == 1 or name in SHOWN or bool(_MARKED.search(name))
    return True


def _higher_order(read: Sequence[Token], at: int) -> bool:
    return any(token.text in HIGHER_ORDER for token in read[max(0, at - 6) : at])


def _runs_on(read: Sequence[Token], at: int) -> bool:
    return any(
        token.text in {"(", "throw"} or token.kind == "template" for token in read[at : at + 24]
    )


def _evaluator(read: Sequence[Token], at: int, depth: int) -> str:
    call = _call(read, at)
    name = read[at].text
    if not call:
        assigned = _at(read, at - 1).text == "=" and name == "eval"
        return "has eval called by another name" if assigned and _runs_on(read, at + 1) else ""
    opened = _at(read, call).text == "("
    argument = _at(read, call + 1) if opened else _at(read, call)
    if argument.literal and depth < _DEPTH:
        if name in {"constructor", "Function"} and _built(read, at):
            return "makes a function of a string"
        why = act(argument.text, depth + 1)
        if why.danger is Danger.HOSTILE:
            return "evaluates a string that " + why.why
        return "evaluates a string" if name == "eval" and why.danger else ""
    if name in {"eval", "execScript"} and opened:
        distant = any(token.text in DISTANT for token in read[call : call + 10])
        return "evaluates what comes from elsewhere" if distant else ""
    return ""


def _built(read: Sequence[Token], at: int) -> bool:
    """Is this a constructor asked of some value and called: `[].map.constructor('…')()`?"""
    if _at(read, at).text == "constructor":
        return _at(read, at - 1).text in {".", "[", "?."}
    return any(token.text == ")" and _at(read, at + offset + 1).text in {"(", "`"}
               for offset, token in enumerate(read[at : at + 6]))  # fmt: skip


def _document(read: Sequence[Token], at: int, depth: int) -> str:
    after = _at(read, at + 1).text
    name = _at(read, at + 2)
    if after in {".", "?."} and name.text in SECRET:
        return "reads the page's cookies"
    if after in {".", "["} and name.text in {"write", "writeln"}:
        written = next((token.text for token in read[at + 3 : at + 7] if token.literal), "")
        return "writes script into the page" if "<" in written and "script" in written else ""
    return ""


def _location(read: Sequence[Token], at: int, depth: int) -> str:
    after = at + 1
    while _at(read, after).text in {".", "href", "assign", "replace", "[", "]", "("}:
        after += 1
    if after > at + 1 and _at(read, after - 1).text in {"(", "["} or _at(read, after).text == "=":
        after += _at(read, after).text == "="
        target = _at(read, after)
        if target.literal and re.match(
            r"\s*(?:javascript|data|vbscript)\s*:", target.text, re.IGNORECASE
        ):
            return "sends the browser to a script"
        if target.kind == "end" and after > at + 1:
            return "sends the browser elsewhere"
        if target.text == "name" and target.kind == "word":
            return "evaluates what comes from elsewhere"
    return ""


def _import(read: Sequence[Token], at: int, depth: int) -> str:
    target = _at(read, at + 2)
    if (
        _at(read, at + 1).text == "("
        and target.literal
        and target.text.startswith(("//", "http", "data:"))
    ):
        return "loads a script from elsewhere"
    return ""


def _sorted(read: Sequence[Token], at: int, depth: int) -> str:
    """AngularJS evaluates what it is told to sort by."""
    key = _at(read, at + 2)
    if _at(read, at + 1).text == ":" and key.literal and depth < _DEPTH:
        return act(key.text, depth + 1).why
    return ""


def _throw(read: Sequence[Token], at: int, depth: int) -> str:
    if any(token.text == "onerror" for token in read[max(0, at - 12) : at + 12]):
        return "throws into a handler of its own"
    return ""


_Judge = Callable[[Sequence[Token], int, int], str]
_JUDGES: dict[str, _Judge] = {
    **dict.fromkeys(PROOFS, _proof),
    **dict.fromkeys(EVALUATORS, _evaluator),
    "document": _document,
    "cookie": lambda read, at, depth: "",
    "domain": lambda read, at, depth: "",
    "location": _location,
    "import": _import,
    "orderBy": _sorted,
    "throw": _throw,
}
