"""Template injection: a value that a template engine on the server would evaluate."""

import re

from nightlatch.checks.attacks.expressions.delimiters import Expression, expressions
from nightlatch.checks.attacks.expressions.gadgets import arithmetic, reach, shell
from nightlatch.checks.attacks.javascript.tokens import tokens
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.surroundings import Surroundings, surroundings
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_RUBY = frozenset({"<%", "#{"})
_PROBES = frozenset(
    {"{{", "${", "#{", "*{", "@{", "%{", "~{", "@(", "<%", "[[", "[(", "[%", "[=", "{"}
)
_SHARED = frozenset({"[[", "{", "[("})
"""Delimiters that other notations use for data, so that only a product is a probe."""
_SMARTY = re.compile(r"\$?[\w:.|>-]++(?:\(|\Z|\s)|[\d('\"][\d\s*+()'\"-]*+\Z")
_POLYGLOT = re.compile(
    r"\$\{\{?<%|<%\[%'\"|\{\{'?\"?\}\}%|__\$\{[^{}]{1,400}\}__|\$\{\{[<(]|\{php\}|\{/literal\}"
)
_DIRECTIVE = re.compile(
    r"""\{%-?\s*+(?:debug\b|import\s++os\b|load\s++log\b|include\s++['"]/|extends\s++['"]/|python|perl)
      | <\#assign\s | <\#include\s++['"]/ | \[%\s*+(?:perl|rawperl|use\s)
      | \#(?:evaluate|include|parse)\s*+\(\s*+['"$]""",
    re.VERBOSE | re.IGNORECASE,
)


def recognise(text: str, value: Value) -> Clue | None:
    best: Clue | None = None
    for expression in expressions(text):
        clue = _judge(expression, text, value)
        if clue and (best is None or clue.certainty > best.certainty):
            best = clue
            if best.certainty >= 80:
                return best
    return best or _whole(text, value)


def _judge(expression: Expression, text: str, value: Value) -> Clue | None:
    inner = expression.inner
    if not inner or inner.isspace():
        return None
    if expression.opening == "{" and not _smarty(expression, text):
        return None
    read = tokens(inner.lstrip("=-#:{ "))
    if not read:
        return None
    around = surroundings(text, expression.start, expression.end, value)
    shown = text[expression.start : expression.end]
    if expression.opening in _PROBES and arithmetic(read, strict=expression.opening in _SHARED):
        return _clue(
            _probe(around), "has the template engine do a sum, to see whether it does", shown
        )
    why = reach(read, inner) or (shell(inner) if expression.opening in _RUBY else "")
    if why:
        return _clue(_reached(around), "is an expression for a template engine that " + why, shown)
    return None


def _clue(certainty: int, why: str, shown: str) -> Clue | None:
    return Clue(certainty, why, shown) if certainty else None


def _smarty(expression: Expression, text: str) -> bool:
    """Smarty evaluates `{7*7}` and `{system('id')}`; with a space, or a colon, it is data or code,
    and behind a letter or a sign it is LaTeX."""
    before = text[expression.start - 1 : expression.start]
    after = text[expression.end : expression.end + 1]
    if (before and (before.isalnum() or before in "\\^_}")) or after.isalnum():
        return False
    return bool(_SMARTY.match(expression.inner))


def _probe(around: Surroundings) -> int:
    if around.code:
        return 0
    return 85 if around.words <= 3 else 65 if around.words <= 12 else 0


def _reached(around: Surroundings) -> int:
    if around.code:
        return 0
    if around.lines > 12 or around.words > 40:
        return 35
    return 92 if around.words <= 12 else 70


def _whole(text: str, value: Value) -> Clue | None:
    match = _POLYGLOT.search(text) or _DIRECTIVE.search(text)
    if match is None:
        return None
    around = surroundings(text, match.start(), match.end(), value)
    if around.code or around.words > 6:
        return None
    return Clue(80, "carries a directive for a template engine", text[match.start() :][:80])


_PATTERNS = (
    r"(?:\{\{|[$#*@%~]\{|@\(|<%=?|\[\[|\[=|\{)[\s=({\[\x22']{0,6}\d[^}\n]{0,60}[*+/%-]",
    r"\{\{[^\n]{0,400}(?:__|\battr\b|\bconfig\b|\brequest\b|_self|constructor|\bself\b|lipsum|cycler|settings|storages|system|exec|popen|process|require|/etc/|phpinfo|\bfilter\b|\bmap\b|\bsort\b|\breduce\b|getclass|\bclass\b|handler)",
    r"\{%-?\s*(?:debug|import|load|include|extends|python|perl|for|if|set|with|print|block|macro)[^\n]{0,400}(?:__|\bos\b|log\b|system|exec|popen|config|/etc/|debug|lipsum|request)",
    r"\{%-?\s*debug",
    r"[$#*@%~]\{[^\n]{0,400}(?:__|forname|getclass|\.class\b|getruntime|exec|system|java|process|require|self\.|import|/etc/|file\.|\bio\.|dir\.|`|%x|\bos\b|eval|spawn)",
    r"@[({][^\n]{0,200}(?:system\.|process\.|gettype)",
    r"<%[^\n]{0,400}(?:system|exec|popen|`|file\.|\bio\.|dir\.|import|eval|require|process|%x|kernel|spawn)",
    r"<#(?:assign|include|list|if)\b|\[#(?:assign|include)|\?new\s*\(|\[=[^\n]{0,40}\?",
    r"freemarker\.template",
    r"#(?:set|evaluate|include|parse|foreach)\s*\(",
    r"\{(?:system|exec|passthru|shell_exec|eval|php\b|\$smarty|self::|smarty|phpinfo|popen|file_get)",
    r"\{(?:if [^}]{0,80}\(|include|fetch|math)",
    r"\$\{\{?<%|<%\[%|__\$\{|\{/literal\}|\$\{\{[<(]",
    r"\[%\s*(?:perl|use|rawperl)",
    r"#\{[^}\n]{0,300}(?:root|global|process|system|exec|require)",
)

CHECK = Check(
    id="template-injection",
    title="A value carries an expression for a template engine",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads what stands in a value between the delimiters of template engines (`{{…}}`, `${…}`, `#{…}`,
`<%= … %>`, `{%…%}`, `<#…>`, `@(…)`, Smarty's `{…}` and more). Fails when the expression is a sum of
constants, which only somebody writes who wants to see it done (`{{1337*1338}}`), or when it reaches
beyond the template: to the classes of the language, to the engine, to commands and files.
Placeholders (`{{ user.first_name }}`, `${HOME}`, `#{id}`) pass, and so do templates that somebody
quotes as code.""",
    why="""\
Where a value becomes part of a template, and not of its data, the caller's expression is evaluated
on the server. From there to running commands it is one well-known line in every engine.""",
    example="""\
POST /newsletter HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"greeting": "Hi {{ cycler.__init__.__globals__.os.popen('id').read() }}"}
""",
    remedy="""\
Give values to a template as data; never make templates of them:

```python
templates.TemplateResponse("hello.html", {"name": name})      # not Template("Hello " + name)
```

Where people may write templates, use an engine without logic, or a sandbox that is kept up to date:

```python
environment = jinja2.sandbox.ImmutableSandboxedEnvironment()
```""",
    owasp="API8:2023",
    cwe=1336,
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/18-Testing_for_Server-side_Template_Injection",
        "https://jinja.palletsprojects.com/en/stable/sandbox/",
    ),
    reads=SENT,
    judge=Found("template-injection"),
)

RECOGNISER = Recogniser("template-injection", _PATTERNS, recognise)
