"""JavaScript on the server: ways from an expression to the process and its commands."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.code.sign import Feature, Sign, call_end

_NAME = r"['\"`]\s*+(?:node:)?(?:child_process|c'\s*\+\s*'hild_process)\s*+['\"`]"
_RUN = re.compile(
    rf"(?:require|import|mainModule\.require|getBuiltinModule|_load)\s*+\(?\s*+{_NAME}\s*+\)?[\s\S]{{0,40}}?\.\s*+(?:exec|spawn|fork)\w*+\s*+\(",
)
_FILES = re.compile(
    r"\A[^\n]{0,60}require\s*+\(\s*+['\"`](?:node:)?fs['\"`]\s*+\)\s*+\.\s*+\w*(?:read|write)\w*\s*+\("
)
_PROCESS = re.compile(
    r"process\s*+(?:\.|\[\s*+['\"`])\s*+(?:mainModule|binding\s*+\(\s*+['\"](?:spawn_sync|fs|process_wrap)|dlopen|getBuiltinModule)"
    r"|constructor\s*+(?:\.\s*+constructor)?\s*+\(\s*+['\"`]\s*+return\s++(?:this\.|global\.|globalThis\.)?(?:process|global)"
    r"|_\$\$ND_FUNC\$\$_",
)
_RESPONSE = re.compile(
    r"(?<![\w.])(?:res|response)\s*+\.\s*+(?:end|write|send)\s*+\(\s*+(?:require|process|global|fs)\b"
)
_KILL = re.compile(
    r"\A[^\w\n]{0,10}(?:global\.)?process\s*+\.\s*+(?:exit|kill|abort)\s*+\([^\n]{0,60}\)\s*+;?\s*+(?://[^\n]*+)?\Z"
)

PATTERNS = (
    r"child_process",
    r"process\s*(?:\.|\[\s*['\x22`])\s*(?:mainmodule|binding|dlopen|getbuiltinmodule|exit|kill|abort)",
    r"constructor\s*(?:\.\s*constructor)?\s*\(\s*['\x22`]\s*return\s",
    r"_\$\$nd_func\$\$_",
    r"\b(?:res|response)\s*\.\s*(?:end|write|send)\s*\(\s*(?:require|process|global|fs)\b",
    r"require\s*\(\s*['\x22`](?:node:)?fs['\x22`]\s*\)\s*\.",
)


_REACHING = Feature(("process", "constructor", "nd_func"), _PROCESS)
_RUNNING = Feature(("hild_process",), _RUN)
_ANSWERING = Feature(("res",), _RESPONSE)
_READING = Feature(("fs",), _FILES)
_KILLING = Feature(("process",), _KILL)


def signs(text: str, lower: str) -> Iterator[Sign]:
    """What of the text is JavaScript for the server; `lower` is the text in lower case."""
    if match := _REACHING.search(text, lower):
        why, certain = "is JavaScript that reaches for the server's process", True
    elif match := _RUNNING.search(text, lower):
        why, certain = "is JavaScript that runs a command", False
    elif match := _first(text, lower):
        why, certain = "is JavaScript for the server", False
    else:
        return
    yield Sign(why, match.start(), call_end(text, match.end()), certain=certain)


def _first(text: str, lower: str) -> re.Match[str] | None:
    for feature in (_ANSWERING, _READING, _KILLING):
        if match := feature.search(text, lower):
            return match
    return None
