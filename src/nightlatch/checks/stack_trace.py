"""A stack trace in a response, also with status 200."""

import re

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import TRACE
from nightlatch.exchange.source import Part

# Each literal is searched first, at memchr speed; its pattern then looks only around it. All of
# them have the sign TRACE, so nearly every body is done before that. Bodies may be JSON, where
# quotes and line ends are escaped, or HTML, where they are entities.
_TRACES: tuple[tuple[str, bytes, re.Pattern[bytes]], ...] = (
    (
        "Python",
        b"raceback",
        re.compile(rb"Traceback \(most recent call last\)|<h1>[^<]{1,80} at /"),
    ),
    ("Python", b", line ", re.compile(rb"File [^,\s]{1,200}\.py[^,\s]{0,8}, line \d")),
    (
        "Java",
        b".java:",
        re.compile(
            rb"(?:\b|\\t)at [\w$.]{3,200}(?:\.<init>|\.&lt;init&gt;)?\([\w$]{1,100}\.java:\d"
        ),
    ),
    (".NET", b":line ", re.compile(rb"\.(?:cs|vb):line \d")),
    ("JavaScript", b"js:", re.compile(rb"\bat [^\n\\]{1,200}\.[mc]?js:\d{1,6}:\d")),
    ("Go", b"goroutine ", re.compile(rb"goroutine \d{1,9} \[")),
    ("PHP", b" on line ", re.compile(rb"\.php(?:</b>)? on line (?:<b>)?\d")),
    ("PHP", b".php(", re.compile(rb"#\d{1,3} [^\n]{0,200}\.php\(\d")),
    ("Ruby", b".rb:", re.compile(rb"\.rb:\d{1,6}:in ")),
    ("Rust", b"panicked at", re.compile(rb"thread [^\n]{1,80} panicked at")),
)


_PLACES = 8
_BEFORE = 240
_BEHIND = 80
"""Bytes around a literal that are looked at: a hostile body costs no more than a plain one."""


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or not response.body.data:
        return SKIP
    if not evidence.answer_signs & TRACE:
        return None
    data = response.body.data
    for language, literal, pattern in _TRACES:
        if literal in data and _around(data, literal, pattern):
            return f"a {language} stack trace in an answer with status {response.status}"
    return None


def _around(data: bytes, literal: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Does the pattern match near one of the first places where the literal stands?"""
    at = -1
    for _ in range(_PLACES):
        at = data.find(literal, at + 1)
        if at < 0:
            return False
        if pattern.search(data, max(0, at - _BEFORE), at + _BEHIND):
            return True
    return False


CHECK = Check(
    id="stack-trace",
    title="A stack trace in the answer",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Reads the captured part of the answer, whatever its status and type, and fails when it holds a
stack trace of Python, Java, .NET, JavaScript, Go, PHP, Ruby or Rust. A mere mention of a file or
the word "traceback" passes.""",
    why="""\
A trace tells the versions, paths, functions and queries of your code to whoever caused the
error, and errors can be caused at will. It turns guessing into reading.""",
    example="""\
GET /orders/x HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"error": "Traceback (most recent call last):\\n  File \\"/srv/orders.py\\", line 12, in get\\n"}
""",
    remedy="""\
Log the trace, answer with a reference to it:

```python
app = FastAPI(debug=False)

@app.exception_handler(Exception)
async def unexpected(request: Request, error: Exception) -> JSONResponse:
    reference = uuid4().hex
    log.error("unexpected error %s", reference, exc_info=error)
    return JSONResponse({"title": "Internal error", "reference": reference}, status_code=500)
```""",
    owasp="API8:2023",
    cwe=209,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc9457",
    ),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
