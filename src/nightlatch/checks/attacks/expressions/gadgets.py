"""What an expression reaches for, read as the languages of templates have it.

Python (Jinja2, Mako, Tornado, Django), PHP (Twig, Smarty, Blade), Java (Freemarker, Velocity,
Thymeleaf, Spring), Ruby (ERB, Slim, Haml), JavaScript (Pug, Handlebars, Nunjucks, EJS), .NET (Razor).
"""

import re
from collections.abc import Sequence

from nightlatch.checks.attacks.expressions.words import COMMANDS, FLASK, JAVA, LEAKS, PYTHON
from nightlatch.checks.attacks.javascript.tokens import Token

_FILTERS = frozenset({"filter", "map", "sort", "reduce", "attr", "call", "each"})
_PROCESS = frozenset({"mainModule", "binding", "constructor", "dlopen", "kill"})
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
    after = texts[at + 1 : at + 5]
    called = after[:1] == ["("]
    dotted = after[1:2] if after[:1] in ([".",], ["["], ["?."]) else []
    if word in COMMANDS and (called or texts[at - 1 : at] == ["|"]) and texts[max(0, at - 2) : at][-1:] != ["def"]:
        if word in {"md5", "exec", "values"} and not _first(texts, at):
            return "" if word == "md5" else "runs a command"
        return "runs a command or code"
    if word in FLASK and dotted and (dotted[0] in LEAKS):
        return "reads what the application keeps for itself"
    if word == "_self" and dotted and dotted[0] in {"env", "getEnvironment"}:
        return "reaches for the template engine"
    if word in JAVA and (called or word in {"ProcessBuilder", "ScriptEngineManager"}):
        return "walks from an object to all of Java"
    if word == "class" and texts[at - 1 : at] == ["."] and dotted and dotted[0] not in {"name", "simpleName", "getName"}:
        return "walks from an object to its class"
    return _elsewhere(word, after, texts[max(0, at - 6) : at])


def _elsewhere(word: str, after: Sequence[str], before: Sequence[str]) -> str:
    """Ruby, JavaScript, .NET, Smarty, Freemarker."""
    if word == "process" and after[:1] == ["."] and after[1:2] and after[1] in _PROCESS:
        return "reaches for the process"
    if word in {"require", "load", "import"} and after[:1] == ["("] and after[1:2] and after[1] in {"child_process", "fs", "os", "net"}:
        return "loads what runs commands"
    if word in {"IO", "File", "Dir", "Kernel", "Open3", "Process", "ObjectSpace"}:
        if after[:1] == ["."] and after[1:2] and after[1][:1].islower() or after[:2] == [".", "Start"]:
            return "runs a command or reads files"
    if word == "Diagnostics" and before[-2:] == ["System", "."]:
        return "runs a command"
    if word == "server" and before[-2:] == ["request", "."]:
        return "reads what the application keeps for itself"
    if word == "constructor" and before[-1:] == ["."] and after[:1] == ["("]:
        return "makes a function of a string"
    if word == "new" and before[-1:] == ["?"] and after[:1] == ["("]:
        return "makes an object of any class"
    if word in {"smarty", "$smarty"} and after[:1] == ["."] and after[1:2] and after[1] in {"template_object", "version", "template", "server", "env"}:
        return "reaches for the template engine"
    if word == "import" and before[-1:] != ["."] and after[:1] in (["os"], ["subprocess"], ["sys"], ["commands"]):
        return "loads what runs commands"
    if word in {"os", "subprocess"} and after[:1] == ["."] and after[1:2] and after[1] in {
        "system", "popen", "Popen", "run", "call", "check_output", "environ", "listdir", "getenv",
    }:  # fmt: skip
        return "runs a command"
    if word == "registerUndefinedFilterCallback" or word == "Smarty_Internal_Write_File":
        return "reaches for the template engine"
    return ""


def _first(texts: Sequence[str], at: int) -> bool:
    return texts[at - 1 : at] != ["."]


def _in_string(text: str, before: Sequence[str]) -> str:
    if text in PYTHON or "__" in text and any(name in text for name in PYTHON):
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
