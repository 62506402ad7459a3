"""Masks: enough of a value to recognise its kind, too little to use it.

By shape, wherever a value stands: e-mail addresses, telephone and card numbers, tokens, private
keys, the vendors' key formats. Every pattern is linear in the text. A new secret shape needs its
sign in signs.py, which decides whether these patterns run at all.
"""

import re
from collections.abc import Callable

MASK = "•••"

Hide = Callable[[str], str]
"""Masks a secret; where it comes from decides what may still be told of it."""

_SECRET_SHAPES = re.compile(
    r"""
      (?:ey[AJ]|ew[ok0])[\w-]{8,}+(?:(?:\.[\w-]*+){2,4}|\.[\w-]{8,}+)   # JWS, JWE (RFC 7515, 7516)
    | -----BEGIN[ A-Z]{1,40}PRIVATE[ ]KEY.*?(?:-----END[ A-Z]{1,40}-----|\Z)
    | (?:sk|rk|pk)_(?:live|test)_\w{8,}+                       # Stripe
    | sk-[\w-]{20,}+                                           # OpenAI, Anthropic
    | (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}                      # AWS
    | (?:gh[pousr]|github_pat)_\w{20,}+
    | glpat-[\w-]{20,}+
    | xox[abeoprs]-[\w-]{10,}+                                 # Slack
    | AIza[\w-]{35} | ya29\.[\w-]{20,}+                        # Google
    | SG\.[\w-]{16,}+\.[\w-]{16,}+                             # SendGrid
    | npm_\w{30,}+ | pypi-[\w-]{40,}+ | hf_\w{30,}+ | dop_v1_\w{40,}+ | whsec_[\w+/=-]{20,}+
    | shp(?:at|ca|pa|ss)_\w{30,}+                              # Shopify
    | hv[sb]\.[\w-]{20,}+                                      # Vault
    | \$(?:2[abxy]|argon2\w{1,2}|scrypt|5|6)\$[\w./$=,+-]{20,}+   # password hashes
    | (?<=[?&]secret=)[A-Z2-7]{16,}+                           # otpauth:// keys
    """,
    re.VERBOSE | re.DOTALL,
)
_URL_PASSWORD = re.compile(r"(?<=://)([^\s/:@]{0,256}):([^\s/@]{1,256})(?=@)")
_EMAIL = re.compile(r"(?<![\w.+%'-])([\w.+%'-]++)@([\w-]++(?:\.[\w-]++)*|\[[\d.]++\])")
_NUMBER = re.compile(r"\d(?<!\d\d)(?!\d{3}-[01]\d-[0-3]\d)[\d .()\-]{5,}\d", re.ASCII)
"""Begins with a digit, so that the engine skips to the next one in one step; is not a date."""
_SHORTEST_NUMBER = 7
_NOT_DIGIT = re.compile(r"\D+")
_IP_OR_DECIMAL = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d{1,8}\.\d+")
_WHOLE_EMAIL = re.compile(r"[\w.+%'-]{2,64}@[\w.-]+")
_LONG_NUMBER = 9
"""Digits. Shorter numbers are seldom of a person, longer ones are when no name says otherwise."""


def mask_secret_shapes(text: str, hide: Hide) -> str:
    return _SECRET_SHAPES.sub(lambda match: hide(match[0]), text)


def mask_addresses(text: str) -> str:
    """Passwords in URLs and e-mail addresses; only worth a call when there is an "@"."""
    if _WHOLE_EMAIL.fullmatch(text):
        return f"{text[0]}{MASK}{text[text.index('@') :]}"
    text = _URL_PASSWORD.sub(rf"\1:{MASK}", text)
    return _EMAIL.sub(lambda match: f"{match[1][: len(match[1]) > 1]}{MASK}@{match[2]}", text)


def mask_numbers(text: str) -> str:
    """Telephone, card and other long numbers in any usual spelling; not dates, not IP addresses."""
    if len(text) < _SHORTEST_NUMBER:
        return text
    return _NUMBER.sub(_masked_number, text)


def mask_digits(text: str) -> str:
    """All but the country code's first digit and the last two: `+15551234567` → `+1••••••••67`."""
    plus = "+" if text[:1] == "+" else ""
    digits = text[1:] if plus else text
    if not digits.isdecimal():
        digits = _NOT_DIGIT.sub("", digits)
    if len(digits) < 5:
        return plus + MASK
    return f"{plus}{digits[0]}{'•' * min(len(digits) - 3, 16)}{digits[-2:]}"


def mask_identifier(text: str) -> str:
    """Of other identifiers the ends, when there is enough between them."""
    if len(text) >= 8:
        return f"{text[:2]}{MASK}{text[-2:]}"
    return f"{text[0]}{MASK}" if len(text) >= 4 else MASK


def _masked_number(match: re.Match[str]) -> str:
    text = match[0]
    if _IP_OR_DECIMAL.fullmatch(text):
        return text
    digits = len(_NOT_DIGIT.sub("", text))
    start = match.start()
    international = start > 0 and match.string[start - 1] in "+("
    return mask_digits(text) if digits >= _LONG_NUMBER - 2 * international else text
