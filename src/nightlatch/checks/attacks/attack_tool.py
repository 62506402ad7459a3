"""Attack tools: a scanner or exploit that says who it is, or leaves its mark."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.prose import is_prose
from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser, RequestRule
from nightlatch.checks.attacks.tool_names import CALL_BACK_HOSTS, SCANNER_HEADERS, SCANNERS
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.judgement import Level

_AGENT_HEADERS = frozenset(("user-agent", "x-original-user-agent", "x-requested-with", "from"))

_LABEL = LazyPattern(r"(?<![\w.-])(?:[\w-]{1,63}\.){0,6}([\w-]{1,63})\Z", re.ASCII)
_LONGEST_HOST = 120
_GOES_ON = frozenset(
    f"{sign}{letter}" for sign in ".-" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"
)
_MARK_HINTS = (
    *("acu", "wvstest", "nessus", "netsparker", "zap", "nuclei-", "interactsh", "paros"),
    *("w00tw00t", "muieblackcat", "nmaplowercheck", "trinity.txt", "w3af", "webinspect"),
)
_MARKS = LazyPattern(
    r"(?P<acunetix>acunetix[_-]wvs[_-]|\bacunetix\b.{0,20}\btest\b|\bwvstest\b|\bacu\d{4}\w+\u2039)"
    r"|(?P<nessus>\bnessus\w*\.(?:txt|html|nasl)|/nessus\b)"
    r"|(?P<netsparker>netsparker\(0x[\da-f]+\)|\bns:netsparker\d+=vuln)"
    r"|(?P<zap>\bzap(?:roxy)?(?:-|%3a|:)(?:test|fuzz)\w*|\bZAP%?n%?s|owasp[_-]?zap)"
    r"|(?P<nuclei>\bnuclei-(?:templates|test)\b|\{\{interactsh-url\}\})"
    r"|(?P<paros>\.parosproxy\.org\b)"
    r"|(?P<w00t>w00tw00t\.at\.|/muieblackcat|nmaplowercheck\d+|trinity\.txt\.bak)"
    r"|(?P<w3af>\bw3af\.(?:org|sf|txt)|\bwebinspect\b.{0,20}\bscan)",
    re.IGNORECASE,
)
_OWN_LABEL = LazyPattern(r"(?=[a-z-]*\d)[a-z0-9-]{4,}|[a-z0-9]{16,}", re.IGNORECASE)
"""The label such a host is given for one test."""


def recognise(text: str, value: Value) -> Clue | None:
    if value.place is Place.HEADER:
        name = value.name.lower()
        if name in _AGENT_HEADERS and (clue := _of_agent(text)):
            return clue
    return _of_call_back(text) or _of_mark(text)


def judge(request: Request) -> Clue | None:
    if not request.headers.has_any(SCANNER_HEADERS):
        return None
    name = next(name for name, _ in request.headers.raw if name in SCANNER_HEADERS)
    return Clue(90, "is a header that only a scanner sends", name.decode("latin-1"))


def _of_agent(text: str) -> Clue | None:
    lowered = text.lower()
    for mark, (certainty, tool) in SCANNERS.items():
        start = lowered.find(mark)
        # "hydra" is a tool where a word begins, and a part of somebody's name elsewhere.
        if start >= 0 and (start == 0 or not lowered[start - 1].isalnum()):
            return Clue(certainty, f"says that it is {tool}", text[max(0, start - 20) : start + 60])
    return None


def _of_call_back(text: str) -> Clue | None:
    lowered = text.lower()
    for known, certainty in CALL_BACK_HOSTS.items():
        dot = lowered.find(f".{known}")
        end = dot + 1 + len(known)
        label = _LABEL.search(text, max(0, dot - _LONGEST_HOST), dot) if dot > 0 else None
        if label is None or lowered[end : end + 1].isalnum() or lowered[end : end + 2] in _GOES_ON:
            continue
        start = label.start()
        talk = is_prose(text, start, end) and not _OWN_LABEL.fullmatch(label[1])
        said = certainty // 2 if talk else certainty
        return Clue(said, "names a host that tells a tester who called it", text[start:end])
    return None


def _of_mark(text: str) -> Clue | None:
    lowered = text.lower()
    match = _MARKS.search(text) if any(hint in lowered for hint in _MARK_HINTS) else None
    if match is None or is_prose(text, match.start(), match.end()):
        return None
    return Clue(72, "bears the mark of a scanner", match[0][:80])


CHECK = Check(
    id="attack-tool",
    title="A scanner or exploit tool is at work",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Fails when the user agent names a scanner or exploit tool (sqlmap, Nikto, Nuclei, Acunetix,
OpenVAS, ffuf, Hydra), when a header is one that only such tools send, and when any value holds a
host that exists to tell a tester who called it (Burp Collaborator, interact.sh, dnslog). Libraries
such as curl, python-requests and okhttp, monitors and search engines pass.""",
    why="""\
Nobody hides that carelessly by accident: somebody is looking for a way in, by a tool that tries
thousands. What it found is seen in the answers that were not refusals.""",
    example="""\
GET /items?id=1 HTTP/1.1
Host: api.example.com
User-Agent: sqlmap/1.8.2#stable (https://sqlmap.org)
""",
    remedy="""\
If it is your own test, say so in `nightlatch.toml`:

```toml
[attacks]
exceptions = "check in (attack-tool, vulnerability-probe) and address in (192.0.2.0/24)"
```

If not, look at what else the address asked for and which of its requests were answered 2xx, then
block it at the proxy. Do not rely on the name: those who mean it leave it out.""",
    owasp="API8:2023",
    cwe=799,
    references=(
        "https://owasp.org/www-community/Vulnerability_Scanning_Tools",
        "https://github.com/projectdiscovery/interactsh",
    ),
    reads=SENT,
    judge=Found("attack-tool"),
)

RECOGNISER = Recogniser(
    check=CHECK.id,
    patterns=(
        *(re.escape(mark) for mark in SCANNERS),
        *(rf"[a-z0-9-]\.{re.escape(host)}\b" for host in CALL_BACK_HOSTS),
        r"acunetix|\bwvstest|nessus|netsparker|owasp.?zap|nuclei-t|interactsh|parosproxy",
        r"w00tw00t|muieblackcat|nmaplowercheck|trinity\.txt|w3af\.",
    ),
    recognise=recognise,
)

RULE = RequestRule(check=CHECK.id, judge=judge)
