"""One-time codes: by time (TOTP, RFC 6238) and by counter (HOTP, RFC 4226).

The arithmetic is pyotp's. Here is what a verifier adds to it: a code counts once, the window is
narrow, comparison takes the same time for every code, and a clock that is off is told by how much.
"""

import hmac
import re
import secrets
from base64 import b32decode, b32encode
from collections.abc import Iterator
from hashlib import sha1, sha256, sha512
from typing import Annotated, Any

import pyotp
from msgspec import Meta, Struct

from nightlatch.identity.otpauth import bare_secret, fields_of, is_address

DIGESTS = {"SHA1": sha1, "SHA256": sha256, "SHA512": sha512}
WINDOW = 1
"""Steps before and after the current one, or counters after the expected one, that are accepted:
RFC 6238, section 5.2, recommends one of transmission delay."""
SEARCHED = 3_600.0
"""Seconds that a clock may be off and still be recognised by the codes that it makes."""
AHEAD = 50
"""Counters further on among which a token that was pressed too often is recognised."""
MAX_ADDRESS = 4_096
_CODE = re.compile(r"[0-9]{6,10}", re.ASCII)
_SECRET_BYTES = 20
LEAST_BITS = 80
"""Sixteen characters of base32: what many services share, Google's own app once among them."""
SOUND_BITS = 128
"""RFC 4226, section 4, R6."""


class Enrolment(Struct, frozen=True, kw_only=True):
    """What a phone and a server share. Its text form never shows the secret."""

    secret: str
    """Base32, without padding."""
    account: str = ""
    issuer: str = ""
    algorithm: str = "SHA1"
    """SHA1 is what every app knows; SHA256 and SHA512 some of them."""
    digits: Annotated[int, Meta(ge=6, le=8)] = 6
    period: Annotated[int, Meta(ge=1, le=120)] = 30
    """Seconds that a code is good for: 30 nearly everywhere, 20 at Authy."""
    counter: int | None = None
    """By counter and not by time; the next one that is expected."""

    @property
    def uri(self) -> str:
        """`otpauth://…`, as authenticator apps read it from a QR code."""
        return _maker(self).provisioning_uri()

    @property
    def warning(self) -> str:
        """What is wrong with the secret, in words, where it works all the same."""
        bits = 8 * len(_bytes_of(self.secret))
        if bits >= SOUND_BITS:
            return ""
        return f"the secret has {bits} bits, and should have at least {SOUND_BITS} (RFC 4226, R6)"

    def __repr__(self) -> str:
        return f"Enrolment(issuer={self.issuer!r}, account={self.account!r})"


class Checked(Struct, frozen=True):
    valid: bool
    reason: str = ""
    """Why not, in words, for the person who asks; a stranger is told no more than "wrong"."""
    step: int | None = None
    """Number of the period, or counter, that the code is of. Kept by the verifier: what is not
    above it is refused from then on."""
    skew: float | None = None
    """Seconds that the clock which made the code is ahead (or, below zero, behind), to the nearest
    period; None where it cannot be told."""


def enrol(account: str, issuer: str, *, by_counter: bool = False, **options: object) -> Enrolment:
    """A new secret of 160 bits (RFC 4226, section 4)."""
    secret = b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    given = {"counter": 0} if by_counter else {}
    made = Enrolment(secret=secret, account=account, issuer=issuer, **given, **options)  # type: ignore[arg-type]
    return _sound(made)


def read_enrolment(text: str) -> Enrolment:
    """From an `otpauth://` address, or a bare secret in base32. Raises ValueError, which never
    repeats the secret."""
    text = text.strip()
    if not text:
        raise ValueError("there is no secret")
    if len(text) > MAX_ADDRESS:
        raise ValueError(f"this is longer than {MAX_ADDRESS:,} characters")
    if not is_address(text):
        return _from_secret(text)
    try:
        fields = fields_of(text)
    except ValueError as error:
        raise ValueError(f"this is no address for one-time codes: {error}") from None
    return _sound(Enrolment(**fields))


def _from_secret(text: str) -> Enrolment:
    if text.startswith("otpauth-migration:"):
        raise ValueError("this is an export of several accounts: give the otpauth:// of one")
    if "://" in text:
        raise ValueError("this is an address, and none for one-time codes: these are otpauth://…")
    return _sound(Enrolment(secret=bare_secret(text)))


def code_at(enrolment: Enrolment, now: float) -> str:
    """The code of this moment, or of the counter that is expected."""
    return _maker(enrolment).generate_otp(_expected(enrolment, now))


def check(
    enrolment: Enrolment,
    code: str,
    now: float,
    *,
    last_step: int | None = None,
    window: int = WINDOW,
) -> Checked:
    """Is it the code of now? `last_step` is the step of the last one that was accepted."""
    code = code.replace(" ", "")
    if not _CODE.fullmatch(code) or len(code) != enrolment.digits:
        return Checked(False, f"a code has {enrolment.digits} digits")
    found = _search(enrolment, code, _near(enrolment, now, window))
    if found is None:
        return _elsewhere(enrolment, code, now)
    skew = _skew(enrolment, found, now)
    if last_step is not None and found <= last_step:
        return Checked(False, "this code was used already", found, skew)
    return Checked(True, "", found, skew)


def _elsewhere(enrolment: Enrolment, code: str, now: float) -> Checked:
    """Not the code of now: is it one of another time?"""
    reach = AHEAD if enrolment.counter is not None else int(SEARCHED / enrolment.period)
    found = _search(enrolment, code, _near(enrolment, now, reach))
    if found is None:
        return Checked(False, "this is no code of this secret, now or at any time near")
    skew = _skew(enrolment, found, now)
    if skew is None:
        ahead = found - (enrolment.counter or 0)
        return Checked(False, f"the token is {ahead} presses ahead: resynchronise it", found)
    side = "ahead" if skew > 0 else "behind"
    words = f"the clock that made it is about {abs(skew):.0f} s {side}: set it right"
    return Checked(False, words, found, skew)


def _search(enrolment: Enrolment, code: str, steps: Iterator[int]) -> int | None:
    """The step that the code is of, the nearest first; every one is compared, so that the time
    taken tells nothing."""
    maker = _maker(enrolment)
    found = None
    for step in steps:
        same = hmac.compare_digest(maker.generate_otp(step), code)
        if same and found is None:
            found = step
    return found


def _near(enrolment: Enrolment, now: float, reach: int) -> Iterator[int]:
    middle = _expected(enrolment, now)
    yield middle
    for distance in range(1, reach + 1):
        yield middle + distance
        if enrolment.counter is None and middle >= distance:
            yield middle - distance


def _expected(enrolment: Enrolment, now: float) -> int:
    return int(now // enrolment.period) if enrolment.counter is None else enrolment.counter


def _skew(enrolment: Enrolment, step: int, now: float) -> float | None:
    if enrolment.counter is not None:
        return None
    return float((step - _expected(enrolment, now)) * enrolment.period)


class _Arithmetic:
    """What pyotp refuses to compute with is the verifier's to judge: half of all services share
    80 bits."""

    secret: str

    def byte_secret(self) -> bytes:
        return _bytes_of(self.secret)


class _ByTime(_Arithmetic, pyotp.TOTP):
    """RFC 6238."""


class _ByCounter(_Arithmetic, pyotp.HOTP):
    """RFC 4226."""


def _maker(enrolment: Enrolment) -> pyotp.TOTP | pyotp.HOTP:
    shared: dict[str, Any] = {
        "digits": enrolment.digits,
        "digest": DIGESTS[enrolment.algorithm],
        "name": enrolment.account,
        "issuer": enrolment.issuer or None,
    }
    if enrolment.counter is not None:
        return _ByCounter(enrolment.secret, initial_count=enrolment.counter, **shared)
    return _ByTime(enrolment.secret, interval=enrolment.period, **shared)


def _bytes_of(secret: str) -> bytes:
    """Raises ValueError."""
    return b32decode(secret + "=" * (-len(secret) % 8))


def _sound(enrolment: Enrolment) -> Enrolment:
    """Raises ValueError."""
    if enrolment.algorithm not in DIGESTS:
        raise ValueError(f"the algorithm is one of {', '.join(DIGESTS)}")
    if not 6 <= enrolment.digits <= 8:
        raise ValueError("codes have 6, 7 or 8 digits")
    if not 1 <= enrolment.period <= 120:
        raise ValueError("a period has 1 to 120 seconds")
    if enrolment.counter is not None and not 0 <= enrolment.counter < 1 << 63:
        raise ValueError("a counter is a number from 0 on")
    try:
        bits = 8 * len(_bytes_of(enrolment.secret))
    except ValueError:
        raise ValueError("the secret cannot be used: it is not base32") from None
    if bits < LEAST_BITS:
        words = f"it has {bits} bits, and no service gives fewer than {LEAST_BITS}"
        raise ValueError(f"the secret cannot be used: {words}: is all of it there?")
    return enrolment
