import pytest

from nightlatch.exchange.masking import (
    MASK,
    mask_addresses,
    mask_digits,
    mask_identifier,
    mask_numbers,
    mask_secret_shapes,
)
from nightlatch.exchange.signs import SECRET, signs_in

SECRETS = {
    "jws": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "jws with spaces": "eyAiYWxnIjoibm9uZSJ9.eyJzdWIiOiIxIn0.",
    "jwe": "eyJhbGciOiJkaXIifQ..YWJj.YWJj.YWJj",
    "private key": "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
    "private key, cut": "-----BEGIN PRIVATE KEY-----\nMHcC",
    "stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "openai": "sk-proj-4eC39HqLyjWDarjtT1zdp7dc",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github, fine": "github_pat_11ABCDEFG0123456789_abcdefghijk",
    "gitlab": "glpat-20-abcdefghijklmnopq",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "google oauth": "ya29.a0AfH6SMBabcdefghijkl",
    "sendgrid": "SG.abcdefghijklmnopqrstuv.abcdefghijklmnop",
    "npm": "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "pypi": "pypi-AgEIcHlwaS5vcmcCJDU0ZmQ4ZmQ4LWZkZmQtNGZkZi1iZmRm",
    "hugging face": "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "digital ocean": "dop_v1_" + "0123456789abcdef" * 4,
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "shopify": "shpat_" + "0123456789abcdef" * 2,
    "vault": "hvs.CAESIAbcdefghijklmnopq",
    "bcrypt": "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub",
    "otpauth": "secret=JBSWY3DPEHPK3PXP",
}


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_secret_shapes_and_their_signs(kind: str) -> None:
    text = f"before ?{SECRETS[kind]}"
    seen: list[str] = []

    def hide(secret: str) -> str:
        seen.append(secret)
        return MASK

    masked = mask_secret_shapes(text, hide)
    assert len(seen) == 1
    assert masked.startswith("before ?")
    assert masked.endswith(MASK)
    assert SECRETS[kind].removeprefix("secret=") == seen[0]
    assert signs_in(text.encode()) & SECRET


def test_secret_cases_all_ran() -> None:
    assert len(SECRETS) == 25


@pytest.mark.parametrize(
    "text",
    [
        "keyserver.example.com",
        "task-list",
        "the $20 note",
        "eyJ.a.b",
        "AKIA",
        "news",
        "rework.it.now",
    ],
)
def test_ordinary_text_has_no_secret_shape(text: str) -> None:
    assert mask_secret_shapes(text, lambda _: MASK) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("alice@example.com", "a•••@example.com"),
        ("a@b.de", "•••@b.de"),
        ("<Alice.B+x@mail.example.co.uk>,", "<A•••@mail.example.co.uk>,"),
        ("müller@example.com", "m•••@example.com"),
        ("to a@b.de, bob@c.de.", "to •••@b.de, b•••@c.de."),
        ("root@localhost", "r•••@localhost"),
        ("https://bob:pw@a.b/c", "https://bob:•••@a.b/c"),
        ("redis://:pw@a.b/c", "redis://:•••@a.b/c"),
        ("@alice and bob@", "@alice and bob@"),
    ],
)
def test_addresses(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+15551234567", "+1••••••••67"),
        ("15551234567", "1••••••••67"),
        ("0049 30 1234567", "0••••••••••67"),
        ("(555) 123-4567", "(5•••••••67"),
        ("+49.30.123456", "+4•••••••56"),
        ("555.123.4567", "5•••••••67"),
        ("4111-1111-1111-1111", "4•••••••••••••11"),
        ("+45 12 34 56 78", "+4•••••••78"),
        ("tel:+4512345678;", "tel:+4•••••••78;"),
        ("12345678", "12345678"),
        ("2024-01-15", "2024-01-15"),
        ("2024-01-15 10:20:30.123", "2024-01-15 10:20:30.123"),
        ("192.168.100.200", "192.168.100.200"),
        ("37.774929012345", "37.774929012345"),
        ("1 2 3 4 5", "1 2 3 4 5"),
        ("no digits", "no digits"),
        ("9" * 100, "9" + "•" * 16 + "99"),
    ],
)
def test_numbers(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


def test_digits_and_identifiers_keep_their_ends() -> None:
    assert mask_digits("12") == MASK
    assert mask_digits("+12") == "+•••"
    assert mask_digits("none") == MASK
    assert mask_identifier("") == mask_identifier("abc") == MASK
    assert mask_identifier("alice") == "a•••"
    assert mask_identifier("550e8400-e29b") == "55•••9b"
