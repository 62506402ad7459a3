"""Python: imports within an expression, commands, walks through classes."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.code.sign import Sign, call_end

_IMPORTED = re.compile(
    r"__import__\s*+\(|importlib\s*+\.\s*+import_module\s*+\(\s*+['\"](?:os|subprocess|pty|socket|sys)"
    r"|__builtins__\s*+[.\[]|(?:__class__|__subclasses__|__mro__|__bases?__|__globals__)\s*+[.\[(]",
)
_WALK = re.compile(r"(?:__class__|__mro__|__bases?__|__subclasses__|__globals__|__builtins__|__init__)\b")
_EVALUATED = re.compile(
    r"(?<![\w.])(?:eval|exec)\s*+\(\s*+(?:compile|__import__|base64|bytes|''\.join|chr|open|input|request|['\"]{1,3}\s*+(?:import|__|print|open|os\.))",
)
_COMMAND = re.compile(
    r"(?<![\w])(?:os\s*+\.\s*+(?:system|popen|execl|execv\w*|spawn\w*|startfile)|subprocess\s*+\.\s*+(?:run|call|Popen|check_output|check_call|getoutput|getstatusoutput)"
    r"|commands\s*+\.\s*+getoutput|platform\s*+\.\s*+popen|pty\s*+\.\s*+spawn|time\s*+\.\s*+sleep)\s*+\(",
)
_OPENED = re.compile(r"\A['\")\]};\s+]*+(?:print\s*+\(\s*+)?(?:open|file)\s*+\(\s*+['\"]/?(?:etc|proc|var|home|root|\.\.)[^'\"]*+['\"]")

PATTERNS = (
    r"__(?:import|class|builtins|subclasses|globals|mro|bases?)__|import_module\s*\(",
    r"\b(?:eval|exec)\s*\(\s*(?:compile|__import__|base64|bytes|''\.join|chr|open|input|request|['\x22]{1,3}\s*(?:import|__|print|open|os\.))",
    r"\b(?:os\s*\.\s*(?:system|popen|exec|spawn|startfile)|subprocess\s*\.|commands\s*\.\s*getoutput|pty\s*\.\s*spawn|time\s*\.\s*sleep\s*\()",
    r"\b(?:open|file)\s*\(\s*['\x22]/?(?:etc|proc|var|home|root|\.\.)",
)


def signs(text: str) -> Iterator[Sign]:
    if (match := _IMPORTED.search(text)) and (match[0].startswith(("__import__", "__builtins__", "importlib")) or len(_WALK.findall(text)) > 1):
        yield Sign("is Python that reaches for a module", match.start(), call_end(text, match.end()), certain=True)
    elif match := _EVALUATED.search(text):
        yield Sign("is Python that evaluates a string", match.start(), call_end(text, match.end()), certain=True)
    elif match := _COMMAND.search(text):
        yield Sign("is Python that runs a command", match.start(), call_end(text, match.end()))
    elif match := _OPENED.match(text):
        yield Sign("is Python that reads a file of the server", 0, len(text))

