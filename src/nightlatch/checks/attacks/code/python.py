"""Python: imports within an expression, commands, walks through classes."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.code.sign import Feature, Sign, call_end

_IMPORTED = re.compile(
    r"__import__\s*+\(\s*+(?:[rbfu]?['\"\\]|chr|bytes|base64|request)|importlib\s*+\.\s*+import_module\s*+\(\s*+['\"](?:os|subprocess|pty|socket|sys)"
    r"|__builtins__\s*+[.\[]|(?:__class__|__subclasses__|__mro__|__bases?__|__globals__)\s*+[.\[(]",
)
_WALK = re.compile(
    r"(?:__class__|__mro__|__bases?__|__subclasses__|__globals__|__builtins__|__init__)\b"
)
_EVALUATED = re.compile(
    r"(?<![\w.])(?:eval|exec)\s*+\(\s*+(?:compile|__import__|base64|bytes|''\.join|chr|open|input|request|['\"]{1,3}\s*+(?:import|__|print|open|os\.))",
)
_COMMAND = re.compile(
    r"(?<![\w])(?:os\s*+\.\s*+(?:system|popen|execl|execv\w*|spawn\w*|startfile)|subprocess\s*+\.\s*+(?:run|call|Popen|check_output|check_call|getoutput|getstatusoutput)"
    r"|commands\s*+\.\s*+getoutput|platform\s*+\.\s*+popen|pty\s*+\.\s*+spawn|time\s*+\.\s*+sleep)\s*+\(\s*+[\[(]?\s*+(?:[rbfu]?['\"]|\d|chr\(|bytes|base64|request)",
)
_OPENED = re.compile(
    r"\A['\")\]};\s+]*+(?:print\s*+\(\s*+)?(?:open|file)\s*+\(\s*+['\"]/?(?:etc|proc|var|home|root|\.\.)[^'\"]*+['\"]"
)

PATTERNS = (
    r"__(?:import|class|builtins|subclasses|globals|mro|bases?)__|import_module\s*\(",
    r"\b(?:eval|exec)\s*\(\s*(?:compile|__import__|base64|bytes|''\.join|chr|open|input|request|['\x22]{1,3}\s*(?:import|__|print|open|os\.))",
    r"\b(?:os\s*\.\s*(?:system|popen|exec|spawn|startfile)|subprocess\s*\.|commands\s*\.\s*getoutput|pty\s*\.\s*spawn|time\s*\.\s*sleep\s*\()",
    r"\b(?:open|file)\s*\(\s*['\x22]/?(?:etc|proc|var|home|root|\.\.)",
)


_REACHING = Feature(("__", "import_module"), _IMPORTED)
_EVALUATING = Feature(("eval", "exec"), _EVALUATED)
_COMMANDING = Feature(("os", "subprocess", "commands", "pty", "sleep"), _COMMAND)
_OPENING = Feature(("open", "file"), _OPENED)
_SURE = ("__import__", "__builtins__", "importlib")


def signs(text: str, lower: str) -> Iterator[Sign]:
    """What of the text is Python that attacks; `lower` is the text in lower case."""
    if (match := _REACHING.search(text, lower)) and _walks(text, match):
        why, certain = "is Python that reaches for a module", True
    elif match := _EVALUATING.search(text, lower):
        why, certain = "is Python that evaluates a string", True
    elif match := _COMMANDING.search(text, lower):
        why, certain = "is Python that runs a command", False
    elif match := _OPENING.search(text, lower):
        why, certain = "is Python that reads a file of the server", False
    else:
        return
    yield Sign(why, match.start(), call_end(text, match.end()), certain=certain)


def _walks(text: str, match: re.Match[str]) -> bool:
    """One attribute of a class is ordinary; several, one after another, lead somewhere."""
    return match[0].startswith(_SURE) or len(_WALK.findall(text)) > 1
