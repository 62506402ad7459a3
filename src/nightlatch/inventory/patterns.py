"""Data that gives itself away by its spelling, wherever it stands: one pass over a body.

The table is data; Hyperscan runs all of it at once (2 µs for 300 bytes, 11 µs for 2 KB). Where it
found something, the same pattern runs once more as a Python `re` to say what and how often.
"""

import re
import threading
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from nightlatch.exchange.disclosure import DataClass
from nightlatch.store.compiled_patterns import Patterns, open_database

_KEY, _HASH, _TRACE = DataClass.CLOUD_KEY, DataClass.PASSWORD_HASH, DataClass.STACK_TRACE


class _Row(NamedTuple):
    data_class: DataClass
    confidence: float
    pattern: str


# Solidus may be escaped in JSON (RFC 8259, section 7), hence `\\?/`.
_TABLE: tuple[_Row, ...] = (
    _Row(DataClass.PRIVATE_KEY, 0.99, r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"),
    _Row(DataClass.JWT, 0.99, r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]*"),
    _Row(DataClass.TOTP_SEED, 0.99, r"otpauth:\\?/\\?/[ht]otp\\?/"),
    # Amazon, Google, Azure, Alibaba
    _Row(_KEY, 0.95, r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    _Row(_KEY, 0.8, r"(?i)aws.{0,20}secret.{0,20}[\"'=: ]{1,4}[A-Za-z0-9/+]{40}\b"),
    _Row(_KEY, 0.95, r"\bAIza[\w-]{35}\b"),
    _Row(_KEY, 0.9, r"\bya29\.[\w-]{20,500}"),
    _Row(_KEY, 0.9, r"\bGOCSPX-[\w-]{28}\b"),
    _Row(_KEY, 0.95, r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _Row(_KEY, 0.8, r"\b[\w~.]{3}[0-9]Q~[\w~.-]{31,34}\b"),
    _Row(_KEY, 0.9, r"\bLTAI[A-Za-z0-9]{12,20}\b"),
    # Code and packages
    _Row(_KEY, 0.99, r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    _Row(_KEY, 0.99, r"\bgithub_pat_\w{50,120}\b"),
    _Row(_KEY, 0.95, r"\bglpat-[\w-]{20,60}"),
    _Row(_KEY, 0.99, r"\bnpm_[A-Za-z0-9]{36}\b"),
    _Row(_KEY, 0.99, r"\bpypi-AgE[\w-]{50,500}"),
    # Messages and mail
    _Row(_KEY, 0.95, r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}"),
    _Row(_KEY, 0.95, r"\bxapp-[0-9]-[A-Za-z0-9-]{10,250}"),
    _Row(_KEY, 0.95, r"hooks\.slack\.com\\?/services\\?/T\w+\\?/B\w+\\?/\w{16,40}"),
    _Row(_KEY, 0.9, r"\bSK[0-9a-f]{32}\b"),
    _Row(_KEY, 0.99, r"\bSG\.[\w-]{22}\.[\w-]{43}\b"),
    _Row(_KEY, 0.8, r"\bkey-[0-9a-f]{32}\b"),
    _Row(_KEY, 0.9, r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    _Row(_KEY, 0.95, r"\b[0-9]{8,10}:AA[\w-]{33}\b"),
    # Payment and shops
    _Row(_KEY, 0.99, r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}\b"),
    _Row(_KEY, 0.95, r"\bwhsec_[A-Za-z0-9+/]{24,80}"),
    _Row(_KEY, 0.99, r"\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}\b"),
    _Row(_KEY, 0.95, r"\bsq0(?:atp|csp)-[\w-]{22,43}"),
    # Running things
    _Row(_KEY, 0.99, r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    _Row(_KEY, 0.95, r"\bdapi[a-f0-9]{32}\b"),
    _Row(_KEY, 0.95, r"\bhvs\.[\w-]{24,200}"),
    _Row(_KEY, 0.95, r"\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}\b"),
    _Row(_KEY, 0.95, r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    _Row(_KEY, 0.9, r"\bNRAK-[A-Z0-9]{27}\b"),
    _Row(
        _KEY,
        0.9,
        r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)(?:\+\w+)?:"
        r"\\?/\\?/[^:@\s\"/]{0,64}:[^@\s\"/]{1,128}@",
    ),
    # Password hashes: bcrypt, Argon2, scrypt, PBKDF2, crypt(3), LDAP, phpass
    _Row(_HASH, 0.99, r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    _Row(_HASH, 0.99, r"\$argon2(?:id|i|d)\$(?:v=[0-9]+\$)?m=[0-9]+"),
    _Row(_HASH, 0.95, r"\$scrypt\$ln=|\$7\$[./A-Za-z0-9]{11}|\bscrypt:[0-9]+:[0-9]+:[0-9]+\$"),
    _Row(_HASH, 0.95, r"\bpbkdf2_sha(?:1|256|512)\$[0-9]+\$|\bpbkdf2:sha(?:1|256|512)"),
    _Row(_HASH, 0.95, r"\$pbkdf2(?:-sha(?:1|256|512))?\$[0-9]+\$"),
    _Row(_HASH, 0.99, r"\$[56]\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}"),
    _Row(_HASH, 0.95, r"\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"),
    _Row(_HASH, 0.95, r"\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43}"),
    _Row(_HASH, 0.95, r"\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{28,128}={0,2}"),
    _Row(_HASH, 0.95, r"\$[PH]\$[./A-Za-z0-9]{31}"),
    # Stack traces: Python, Java, .NET, Node, PHP, Go, Ruby, Rust
    _Row(_TRACE, 0.99, r"Traceback \(most recent call last\)"),
    _Row(_TRACE, 0.95, r"\bat [\w$.<>]{3,200}\([\w$]{1,80}\.(?:java|kt|scala|groovy):[0-9]+\)"),
    _Row(_TRACE, 0.95, r"\bat [\w.<>`\[\], ]{3,200}\([^()]{0,200}\) in [^\"]{1,200}:line [0-9]+"),
    _Row(_TRACE, 0.9, r"\bat (?:System|Microsoft)\.[\w.]{3,200}\([^()]{0,200}\)"),
    _Row(
        _TRACE,
        0.95,
        r"\bat (?:[\w.<>\[\] ]{1,100} \()?(?:file:\\?/\\?/|node:|\\?/|[A-Z]:\\)"
        r"[^\s()\"]{1,200}:[0-9]+:[0-9]+",
    ),
    _Row(_TRACE, 0.95, r"#[0-9]{1,2} [^\s\"]{1,200}\.php\([0-9]+\): |PHP (?:Fatal|Parse) error: "),
    _Row(_TRACE, 0.95, r"\bgoroutine [0-9]+ \[[a-z ]{3,30}\]:"),
    _Row(_TRACE, 0.95, r"[\w/.-]{1,200}\.rb:[0-9]+:in [`'\\]"),
    _Row(_TRACE, 0.95, r"\bthread '[^']{1,60}' panicked at "),
    # What people are known by; the values are examined before they count.
    _Row(
        DataClass.EMAIL, 0.6, r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[A-Za-z]{2,24}\b"
    ),
    _Row(DataClass.PHONE, 0.5, r"(?:\+|\b00)[1-9][0-9 ().-]{6,20}[0-9]\b"),
    _Row(DataClass.IBAN, 0.9, r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    _Row(
        DataClass.PAYMENT_CARD,
        0.7,
        r"\b[2-6][0-9]{3}[ -]?[0-9]{4,6}[ -]?[0-9]{4,5}[ -]?[0-9]{0,4}\b",
    ),
)


class Pattern:
    """One row of the table, with its `re` made when it is first needed."""

    def __init__(self, row: _Row) -> None:
        self.data_class = row.data_class
        self.confidence = row.confidence
        self._source = row.pattern

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self._source, re.ASCII)


PATTERNS = tuple(map(Pattern, _TABLE))


_lock = threading.Lock()
_database: Any = None
"""The table is a constant, so one compiled form serves the process."""
_local = threading.local()
"""One scratch per thread: sharing one is an error (measured)."""


def warm(cache: Path | None = None) -> None:
    """Compile the table, outside any request: half a second, once; then it is kept in `cache`."""
    global _database  # noqa: PLW0603
    import hyperscan  # late: the middleware must import fast

    with _lock:
        if _database is None:
            expressions = tuple(_in_json(row.pattern).encode() for row in _TABLE)
            patterns = Patterns(
                "the patterns of secrets", expressions, hyperscan.HS_FLAG_SINGLEMATCH
            )
            _database = open_database(patterns, cache)


def find(body: bytes) -> list[Pattern]:
    """The patterns that occur in `body`, each once. Compiles first if `warm` was not called."""
    found: list[int] = []
    scratch = getattr(_local, "scratch", None) or _open_scratch()
    _database.scan(body, match_event_handler=_note, context=found, scratch=scratch)
    return [PATTERNS[number] for number in found] if found else []


def _open_scratch() -> Any:
    import hyperscan

    warm()
    scratch = _local.scratch = hyperscan.Scratch(_database)
    return scratch


def _in_json(pattern: str) -> str:
    """A word also begins after an escaped blank, as in `"key:\\nAKIA…"`."""
    return rf"(?:\b|\\[nrt]){pattern[2:]}" if pattern.startswith(r"\b") else pattern


def _note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(number)
