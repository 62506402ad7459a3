"""Which shapes a text could hold, found in one pass of Hyperscan: about 2 µs per KB.

Most bodies hold none, and then no mask has to look at their strings one by one, and no check at
all.
"""

import re
from functools import cache
from threading import local
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import hyperscan

# Bits, not an enum: they are tested for each string of each body.
SECRET = 1
"""The beginning of a token, a private key, a vendor's key or a password hash."""
ADDRESS = 2
"""An "@"."""
NUMBER = 4
"""A run of digits that may be a telephone or card number."""
STRUCTURE = 8
"""Text that may have names and values in it: a URL, JSON in a string, markup."""
TO_MASK = SECRET | ADDRESS | NUMBER | STRUCTURE
TRACE = 16
"""A text that stack traces have in them."""
DATABASE = 32
"""A text that error messages of databases have in them."""
SCHEMA = 64
"""GraphQL's `__schema`."""
PASSWORD_NAME = 128
"""Part of the name of a password, in any case."""
PRIVILEGE_NAME = 256
"""A member of JSON whose name ends like that of a role or a permission."""
ALL = TO_MASK | TRACE | DATABASE | SCHEMA | PASSWORD_NAME | PRIVILEGE_NAME

_SECRET_BEGINNINGS = (
    *("eyJ", "eyA", "ewo", "ewk", "ew0", "PRIVATE KEY", "k_live_", "k_test_", "sk-", "AKIA"),
    *("ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("xox", "AIza", "ya29.", "SG.", "npm_", "pypi-", "hf_", "dop_v1_", "whsec_", "shpat_"),
    *("shpca_", "shppa_", "shpss_", "hvs.", "hvb.", "$2", "$argon2", "$scrypt", "$5$", "$6$"),
    "secret=",
)
_TRACE_PARTS = (
    *("raceback", ", line ", ".java:", ":line ", "js:", "goroutine ", " on line "),
    *(".php(", ".rb:", "panicked at"),
)
_DATABASE_PARTS = ("SQL", "Sql", "sql", "syntax error", "ORA-", "quot", "PG::", "psycopg")
_PRIVILEGE = (
    r"admin|superuser|staff|root|owner|internal|verified|approved|premium|(?:user|account)[_-]?type"
    r"|access[_-]?level|authorities|(?:role|group|permission|scope|privilege)s?"
)
_PATTERNS = (
    *((re.escape(beginning), SECRET) for beginning in _SECRET_BEGINNINGS),
    *((re.escape(part), TRACE) for part in _TRACE_PARTS),
    *((re.escape(part), DATABASE) for part in _DATABASE_PARTS),
    ("@", ADDRESS),
    (r"\d(?:[ .()\-]*\d){8}|[+(]\d[\d .()\-]{5}", NUMBER),
    (r'[=<]|\w: |\\"', STRUCTURE),
    ("__schema", SCHEMA),
    ("(?i)passw|passphrase|pwd", PASSWORD_NAME),
    (rf'(?i)(?:{_PRIVILEGE})"\s*:', PRIVILEGE_NAME),
    # An escape or a zero byte (UTF-16) may hide any sign, so it counts as all.
    (r"\\u|\x00", ALL),
)


def signs_in(data: bytes) -> int:
    """The signs `data` has, as bits."""
    found: list[int] = []
    _database().scan(data, _note, context=found, scratch=_scratch())
    signs = 0
    for sign in found:
        signs |= sign
    return signs


_threads = local()


def _note(pattern: int, _start: int, _end: int, _flags: int, found: object) -> None:
    cast("list[int]", found).append(pattern)


@cache
def _database() -> "hyperscan.Database":
    """Compiled at first use: 12 ms that the import of an application need not wait for."""
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[pattern.encode() for pattern, _ in _PATTERNS],
        ids=[number for _, number in _PATTERNS],
        elements=len(_PATTERNS),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(_PATTERNS),
    )
    return database


def _scratch() -> "hyperscan.Scratch":
    """This thread's own: two threads in one scratch is an error."""
    try:
        return cast("hyperscan.Scratch", _threads.scratch)
    except AttributeError:
        return _open_scratch()


def _open_scratch() -> "hyperscan.Scratch":
    import hyperscan

    scratch = _threads.scratch = hyperscan.Scratch(_database())
    return scratch
