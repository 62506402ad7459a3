"""What an expression reaches for, read as the languages of templates have it.

Python (Jinja2, Mako, Tornado, Django), PHP (Twig, Smarty), Java (Freemarker, Velocity, Thymeleaf),
Ruby (ERB, Slim, Haml), JavaScript (Pug, Handlebars, Nunjucks, EJS) and .NET (Razor).
"""

import re
from collections.abc import Sequence

from nightlatch.checks.attacks.expressions.words import (
    COMMANDS,
    FLASK,
    JAVA,
    LEAKS,
    MODULES,
    PYTHON,
    REACHES,
    RUBY,
)
from nightlatch.checks.attacks.javascript.tokens import Token

_FILTERS = frozenset({"filter", "map", "sort", "reduce", "attr", "call", "each"})
_FILES = re.compile(r"(?:\A|[^\w])(?:/etc/(?:passwd|shadow|hosts)|/proc/self|[cC]:[\\/]+windows)")
_SHELL = re.compile(r"`[^`]*`|%x[({\[|!/]")


def reach(read: Sequence[Token], inner: str) -> str:
    """What the expression reaches for, in words; empty when nothing is seen."""
    texts = [token.text for token in read]
    for at, token in enumerate(read):
        if token.text in PYTHON:
            return "walks from an object to all of Python"
        if token.literal:
            if why := _in_string(token.text, texts[max(0, at - 4) : at]):
                return why
        elif token.kind == "word" and (why := _word(texts, at)):
            return why
    if _FILES.search(inner):
        return "reads a file of the server"
    return ""


def _word(texts: Sequence[str], at: int) -> str:
    word = texts[at]
    before, after = texts[max(0, at - 6) : at], texts[at + 1 : at + 5]
    called = after[:1] == ["("]
    member = after[1] if after[:1] in _MEMBER and len(after) > 1 else ""
    if word in COMMANDS and (called or before[-1:] == ["|"]):
        return _command(word, before)
    if word in FLASK and member in LEAKS:
        return "reads what the application keeps for itself"
    if word in JAVA and (called or word in {"ProcessBuilder", "ScriptEngineManager"}):
        return "walks from an object to all of Java"
    if member and (word, member) in REACHES:
        return REACHES[word, member]
    return _called(word, before, after) or _dotted(word, member, before)


_MEMBER = (["."], ["["], ["?."])


def _command(word: str, before: Sequence[str]) -> str:
    # A digest is a proof when it is computed alone; as a method it is somebody's own.
    own = before[-1:] == ["."]
    return "" if own and word in {"md5", "exec"} else "runs a command or code"


def _called(word: str, before: Sequence[str], after: Sequence[str]) -> str:
    """What is loaded or made by a call."""
    argument = after[1] if after[:1] == ["("] and len(after) > 1 else ""
    if word in {"require", "load", "import"} and argument in {"child_process", "fs", "os", "net"}:
        return "loads what runs commands"
    if word == "import" and before[-1:] != ["."] and after[:1] and after[0] in MODULES:
        return "loads what runs commands"
    if word == "constructor" and before[-1:] == ["."] and after[:1] == ["("]:
        return "makes a function of a string"
    if word == "new" and before[-1:] == ["?"] and after[:1] == ["("]:
        return "makes an object of any class"
    if word in {"registerUndefinedFilterCallback", "Smarty_Internal_Write_File"}:
        return "reaches for the template engine"
    return ""


def _dotted(word: str, member: str, before: Sequence[str]) -> str:
    """What a name leads to whose members are many."""
    if (word in RUBY and member[:1].islower()) or (word, member) == ("Process", "Start"):
        return "runs a command or reads files"
    if word == "Diagnostics" and before[-2:] == ["System", "."]:
        return "runs a command"
    if word == "server" and before[-2:] == ["request", "."]:
        return "reads what the application keeps for itself"
    if word == "class" and before[-1:] == ["."] and member not in {"", "name", "simpleName"}:
        return "walks from an object to its class"
    return ""


def _in_string(text: str, before: Sequence[str]) -> str:
    if text in PYTHON or ("__" in text and any(name in text for name in PYTHON)):
        return "walks from an object to all of Python"
    if text.startswith("freemarker.template.utility"):
        return "makes an object that runs commands"
    if text.startswith(("java.lang.", "javax.script", "java.io.", "java.util.Scanner")):
        return "names a class of Java"
    if text in COMMANDS and before[-1:] == ["("] and before[-2:-1] and before[-2] in _FILTERS:
        return "has a command run by a filter"
    if text == "constructor":
        return "makes a function of a string"
    return ""


def shell(inner: str) -> str:
    """For Ruby and its templates: is a command run between backticks?"""
    return "runs a command" if _SHELL.search(inner) else ""


def arithmetic(read: Sequence[Token], *, strict: bool = False) -> bool:
    """Is it nothing but a sum of constants, as a probe is? `strict`: a product."""
    numbers = signs = 0
    for token in read:
        if token.kind in {"number", "string"}:
            numbers += token.kind == "number" or token.text.isdecimal()
            if token.kind == "number" and not token.text.replace(".", "").isdecimal():
                return False
        elif token.kind == "symbol" and token.text in "+-*/%()^=~":
            signs += token.text == "*" if strict else token.text in "+-*/%^"
        else:
            return False
    return numbers > 1 and signs > 0
