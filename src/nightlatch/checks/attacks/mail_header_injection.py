"""Mail injection: a value that adds recipients to a letter, or commands to a mail server."""

import re

from nightlatch.checks.attacks import parameter_names
from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.lines import added_lines, first_line, holds_text, is_head
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_SMTP = LazyPattern(
    r"\s*+(?:(?P<envelope>(?:MAIL\s+FROM|RCPT\s+TO)\s*+:\s*+<?\S*+)"
    r"|(?P<greeting>(?:HELO|EHLO|VRFY|EXPN)\s+\S+|AUTH\s+(?:LOGIN|PLAIN|CRAM-MD5)\b.*)"
    r"|(?P<word>DATA|QUIT|RSET|STARTTLS|NOOP|\.))\s*+",
    re.IGNORECASE,
)
_IMAP = LazyPattern(
    r"\s*+[A-Z]{0,4}+[\d?*]{1,6}+\s+(?:UID\s+)?"
    r"(?:CAPABILITY|NOOP|LOGOUT|STARTTLS|EXPUNGE|CLOSE|IDLE|NAMESPACE"
    r"|AUTHENTICATE\s+\S+|LOGIN\s+\S+\s+\S+|(?:SELECT|EXAMINE|CREATE|DELETE|STATUS|SUBSCRIBE)\s+\S+"
    r"|(?:RENAME|LIST|LSUB|COPY)\s+\S+\s+\S+|FETCH\s+[\d:*,]+.*|STORE\s+[\d:*,]+.*|SEARCH\s+[A-Z]+.*"
    r"|APPEND\s+\S+.*)\s*+"
)
_IMAP_SURE = LazyPattern(r"\s*+\S+\s+(?:CAPABILITY|LOGOUT|FETCH|STARTTLS|EXPUNGE|AUTHENTICATE)\b")
_POP = LazyPattern(r"\s*+(?:USER\s+\S+|PASS\s+\S+|RETR\s+\d+|DELE\s+\d+|TOP\s+\d+\s+\d+)\s*+")

_HEADER = LazyPattern(
    r"\s*+(?P<name>bcc|cc|to|from|reply-to|return-path|sender|subject|mime-version"
    r"|content-type|content-transfer-encoding|x-mailer|disposition-notification-to)\s*+:\s*+(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = LazyPattern(r"[^\s@,;<>]{1,64}+@[\w.-]{1,255}")
_CARRIES_ADDRESS = frozenset(("bcc", "cc", "to", "from", "reply-to", "return-path", "sender"))

_ONE_LINE_NAMES = LazyPattern(
    r".*(?:e?mails?|mailto|subject|sender|recipients?|replyto|from|to|cc|bcc|name|address|addr"
    r"|phone|title|user|login|company|contact|betreff|asunto)"
)
_MOST_LINES = 8


def recognise(text: str, value: Value) -> Clue | None:
    if value.place is Place.FILE:
        return None
    lines = added_lines(text)
    if not lines:
        return None
    best = _of_commands(text, lines, value)
    headers = _of_headers(text, lines, value)
    if headers is not None and (best is None or headers.certainty > best.certainty):
        best = headers
    return best


def _of_commands(text: str, lines: list[str], value: Value) -> Clue | None:
    shown, certainty, words = "", 0, 0
    for line in lines:
        smtp = _SMTP.fullmatch(line)
        strength = 0
        if smtp is not None and smtp["word"]:
            words += 1
            shown = shown or line
        elif smtp is not None:
            strength = 90 if smtp["envelope"] else 45
        elif _IMAP.fullmatch(line):
            strength = 90 if _IMAP_SURE.match(line) else 65
        elif _POP.fullmatch(line):
            strength = 50
        if strength > certainty:
            shown, certainty = line, strength
    alone = not first_line(text).strip()
    if alone and certainty >= 90 and all(map(_is_command, filter(str.strip, lines))):
        # Nothing but commands: no letter that quotes a session.
        return Clue(certainty, "adds commands to a mail server's session", shown[:120])
    if words:
        # A lone QUIT on its own line ends the server's session; in a longer text it is a word.
        bare = alone and words == sum(1 for line in lines if line.strip())
        certainty = max(certainty, 70 if bare or words > 1 else 30)
    if not certainty:
        return None
    return Clue(
        _discount(certainty, lines, value), "adds commands to a mail server's session", shown[:120]
    )


def _is_command(line: str) -> bool:
    return bool(_SMTP.fullmatch(line) or _IMAP.fullmatch(line) or _POP.fullmatch(line))


def _of_headers(text: str, lines: list[str], value: Value) -> Clue | None:
    for line in lines:
        match = _HEADER.match(line) if ":" in line else None
        if match is None:
            continue
        name = match["name"].lower()
        if name in _CARRIES_ADDRESS and not _ADDRESS.search(match["value"][:320]):
            continue
        certainty = _of_header(name, first_line(text), value)
        if certainty:
            return Clue(
                _discount(certainty // 2 if is_head(text, lines) else certainty, lines, value),
                "adds a header to a letter",
                line[:120],
            )
    return None


def _of_header(name: str, first_line: str, value: Value) -> int:
    key = parameter_names.key(value.name)
    if holds_text(key) and key != "contact":
        return 20
    first = first_line.strip()
    if _ADDRESS.fullmatch(first.rstrip("\\r")):
        return 88
    if _ONE_LINE_NAMES.fullmatch(key):
        return 85
    if name == "bcc":
        return 72 if value.place in (Place.QUERY, Place.PATH, Place.FORM) else 62
    # Forwarded letters begin their quotations with From, To and Subject.
    return 45 if value.place in (Place.QUERY, Place.PATH) else 25


def _discount(certainty: int, lines: list[str], value: Value) -> int:
    """Long texts and fields for texts may quote a session."""
    written = sum(1 for line in lines if line.strip()) > _MOST_LINES
    return certainty // 2 if written or holds_text(parameter_names.key(value.name)) else certainty


CHECK = Check(
    id="mail-header-injection",
    title="A value adds recipients or commands to mail",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when a value holds a line end, and behind it what mail is made of: a header with an address
(`Bcc:`, `Cc:`) in a field that has one line, a command of SMTP (`RCPT TO:`), or one of IMAP with
its tag (`V100 CAPABILITY`). Fields for texts may quote letters, and pass. Headers of the answer are
the matter of `crlf-injection`.""",
    why="""\
A contact form that puts such a value into a letter sends whatever the caller likes, to whomever, in
your name: first spam, then your domain on every block list.""",
    example="""\
POST /contact HTTP/1.1
Host: api.example.com
Content-Type: application/x-www-form-urlencoded

email=ada@example.org%0ABcc:list@example.net&message=hello
""",
    remedy="""\
Put letters together with a library that refuses line ends in headers:

```python
message = EmailMessage()          # raises ValueError for a line end in a header
message["Reply-To"] = address
```

Never paste values into an SMTP or IMAP session; let the client library quote them.""",
    owasp="API8:2023",
    cwe=93,
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/10-Testing_for_IMAP_SMTP_Injection",
        "https://www.rfc-editor.org/rfc/rfc5321#section-4.1",
    ),
    reads=SENT,
    judge=Found("mail-header-injection"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        r"(?:[\r\n]|\\n)\s*(?:rcpt\s+to|mail\s+from)\s*:",
        r"(?:[\r\n]|\\n)\s*(?:bcc|cc|to|from|reply-to|return-path|sender|subject|mime-version)\s*:",
        r"(?:[\r\n]|\\n)\s*(?:content-type|content-transfer-encoding|x-mailer|disposition-not\w+)\s*:",
        r"(?:[\r\n]|\\n)\s*(?:helo|ehlo|vrfy|expn|auth)\s+[a-z0-9]",
        r"[\r\n]\s*(?:data|quit|rset|starttls)\s*(?:[\r\n]|$)",
        r"(?:[\r\n]|\\n)\s*[a-z]{0,4}[0-9?*]{1,6}\s+(?:capability|noop|logout|starttls|expunge)\b",
        r"(?:[\r\n]|\\n)\s*[a-z]{0,4}[0-9?*]{1,6}\s+(?:login|authenticate|uid|close|append|store)\b",
        r"(?:[\r\n]|\\n)\s*[a-z]{0,4}[0-9?*]{1,6}\s+(?:select|examine|create|delete|status|list)\b",
        r"(?:[\r\n]|\\n)\s*[a-z]{0,4}[0-9?*]{1,6}\s+(?:rename|lsub|copy|fetch|search)\b",
        r"[\r\n]\s*(?:retr|dele|pass|user)\s+\S+\s*(?:[\r\n]|$)",
    ),
    recognise=recognise,
)
