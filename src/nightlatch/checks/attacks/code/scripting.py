"""Ruby, Perl, Lua, ASP and JSP."""

import re
from collections.abc import Iterator

from nightlatch.checks.attacks.code.sign import Feature, Sign, call_end

_SHELL = re.compile(
    r"<%[@!=]?[^%]{0,400}(?:request\s*+[.(]|Runtime|ProcessBuilder|WScript\.Shell|Server\.CreateObject|eval\b|execute\b|Process\.Start|java\.io|getParameter)",
    re.IGNORECASE,
)
_RUBY = re.compile(
    r"(?<![\w.])(?:(?:Kernel|Process)\s*+\.\s*+(?:exec|system|spawn|fork|`)|IO\s*+\.\s*+popen|Open3\s*+\.\s*+(?:capture\w*|popen\w*)|PTY\s*+\.\s*+spawn)\s*+[({'\"\s\[]"
    r"|\A[;'\"\s)+]*+%x[({\[<!|/]|\beval\s*+\(?\s*+params\b|\bconstantize\.new\b",
)
_PERL = re.compile(
    r"\buse\s++(?:IO::)?Socket\b[^\n]{0,400}?[\w>]\(|\bperl\s++-e\b|\bopen\s*+\(\s*+[A-Z]{1,12}\s*+,\s*+['\"]\s*+\||(?<!\w)qx\s?[{(/!|][^\n]{1,200}[})/!|]\s*+;"
)
_LUA = re.compile(
    r"(?<![\w.])(?:os\s*+\.\s*+execute|io\s*+\.\s*+popen|loadstring|package\s*+\.\s*+loadlib|debug\s*+\.\s*+getregistry)\s*+[(\[]"
)
_DOTNET = re.compile(
    r"\bResponse\s*+\.\s*+Write\s*+\(\s*+[\d\s*+()'\"-]{3,60}\)|(?:System\s*+\.\s*+Diagnostics\s*+\.\s*+)?Process\s*+\.\s*+Start\s*+\(\s*+['\"](?:cmd|powershell|/bin)"
    r"|\bCreateObject\s*+\(\s*+['\"](?:WScript\.Shell|Shell\.Application|Scripting\.FileSystemObject|MSXML2|ADODB\.Stream)",
    re.IGNORECASE,
)
_READ = (
    (Feature(("<%",), _SHELL), "is a page that runs what its caller sends", True),
    (
        Feature(
            ("kernel", "process", "popen", "open3", "pty", "%x", "params", "constantize"), _RUBY
        ),
        "is Ruby that runs a command",
        False,
    ),
    (Feature(("socket", "perl", "open", "qx"), _PERL), "is Perl that runs a command", False),
    (
        Feature(("execute", "popen", "loadstring", "loadlib", "getregistry"), _LUA),
        "is Lua that runs a command",
        False,
    ),
    (Feature(("response", "process", "createobject"), _DOTNET), "is code for .NET or ASP", False),
)

PATTERNS = (
    r"<%[^%]{0,400}(?:request\s*[.(]|runtime|processbuilder|wscript\.shell|createobject|eval\b|execute\b|process\.start|java\.io|getparameter)",
    r"\b(?:kernel|process)\s*\.\s*(?:exec|system|spawn|fork|`|start)|\bio\s*\.\s*popen|\bopen3\s*\.|\bpty\s*\.\s*spawn|%x[({\[<!|/]|eval\s*\(?\s*params|constantize\.new",
    r"use\s+(?:io::)?socket|perl\s+-e|open\s*\(\s*[a-z]{1,12}\s*,\s*['\x22]\s*\||\bqx\s?[{(/!|]",
    r"\b(?:os\s*\.\s*execute|io\s*\.\s*popen|loadstring|package\s*\.\s*loadlib|getregistry)\s*[(\[]",
    r"response\s*\.\s*write\s*\(|createobject\s*\(",
)


def signs(text: str, lower: str) -> Iterator[Sign]:
    """What of the text is code of these languages; `lower` is the text in lower case."""
    for feature, why, certain in _READ:
        if match := feature.search(text, lower):
            yield Sign(why, match.start(), call_end(text, match.end()), certain=certain)
