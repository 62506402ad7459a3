"""One-time codes against the vectors of both RFCs, unusual periods, replays and wrong clocks."""

from base64 import b32encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.identity.one_time_codes import (
    AHEAD,
    Enrolment,
    check,
    code_at,
    enrol,
    read_enrolment,
)

ASCII = b"12345678901234567890"
NOW = 1_700_000_000.0


def shared(length: int = 20, **options: Any) -> Enrolment:
    """The RFCs' secret, repeated to a digest's length."""
    secret = b32encode((ASCII * 4)[:length]).decode().rstrip("=")
    return Enrolment(secret=secret, **options)


HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489"]  # fmt: skip
"""RFC 4226, appendix D."""
TOTP = {
    59: ("94287082", "46119246", "90693936"),
    1_111_111_109: ("07081804", "68084774", "25091201"),
    1_111_111_111: ("14050471", "67062674", "99943326"),
    1_234_567_890: ("89005924", "91819424", "93441116"),
    2_000_000_000: ("69279037", "90698825", "38618901"),
    20_000_000_000: ("65353130", "77737706", "47863826"),
}
"""RFC 6238, appendix B."""
LENGTHS = {"SHA1": 20, "SHA256": 32, "SHA512": 64}


def test_the_vectors_of_rfc_4226() -> None:
    for counter, code in enumerate(HOTP):
        assert code_at(shared(counter=counter), NOW) == code
        assert check(shared(counter=counter), code, NOW).step == counter
    assert len(HOTP) == 10


def test_the_vectors_of_rfc_6238() -> None:
    ran = 0
    for at, codes in TOTP.items():
        for (algorithm, length), code in zip(LENGTHS.items(), codes, strict=True):
            enrolment = shared(length, algorithm=algorithm, digits=8)
            assert code_at(enrolment, at) == code
            assert check(enrolment, code, at).valid
            ran += 1
    assert ran == 18


def test_a_code_of_authy_has_seven_digits_and_twenty_seconds() -> None:
    enrolment = shared(digits=7, period=20)
    code = code_at(enrolment, NOW)
    assert len(code) == 7
    assert check(enrolment, code, NOW).step == NOW // 20
    assert check(enrolment, code, NOW + 20).valid
    late = check(enrolment, code, NOW + 60)
    assert (late.valid, late.skew) == (False, -60.0)
    assert "60 s behind" in late.reason


def test_a_code_counts_once() -> None:
    enrolment = shared()
    code = code_at(enrolment, NOW)
    first = check(enrolment, code, NOW)
    assert first.valid
    again = check(enrolment, code, NOW + 1, last_step=first.step)
    assert (again.valid, again.reason) == (False, "this code was used already")
    older = check(enrolment, code_at(enrolment, NOW - 30), NOW, last_step=first.step)
    assert not older.valid
    assert check(enrolment, code_at(enrolment, NOW + 30), NOW, last_step=first.step).valid


@pytest.mark.parametrize("off", [-3_000, -300, -60, 60, 90, 1_800, 3_600])
def test_a_wrong_clock_is_told_by_how_much(off: int) -> None:
    enrolment = shared()
    found = check(enrolment, code_at(enrolment, NOW + off), NOW)
    assert not found.valid
    assert found.skew == off
    assert f"{abs(off)} s {'ahead' if off > 0 else 'behind'}" in found.reason


def test_a_token_that_was_pressed_too_often() -> None:
    expected = shared(counter=3)
    assert check(expected, HOTP[4], NOW).step == 4
    ahead = check(expected, HOTP[8], NOW)
    assert (ahead.valid, ahead.step) == (False, 8)
    assert "5 presses ahead" in ahead.reason
    assert not check(expected, HOTP[2], NOW).valid, "a counter never goes back"
    far = code_at(shared(counter=3 + AHEAD + 1), NOW)
    assert "no code of this secret" in check(expected, far, NOW).reason


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345", "12 34 5"],
)
def test_what_is_no_code(code: str) -> None:
    assert check(shared(), code, NOW).reason == "a code has 6 digits"


def test_spaces_between_digits_are_how_people_write() -> None:
    code = code_at(shared(), NOW)
    assert check(shared(), f"{code[:3]} {code[3:]}", NOW).valid


@pytest.mark.slow
@given(
    st.text(min_size=1, max_size=20).filter(
        lambda text: text.strip() == text and text.isprintable()
    ),
    st.sampled_from(["Authy", "ACME: Bank", "ä & ö"]),
    st.integers(6, 8),
    st.sampled_from([15, 20, 30, 60]),
    st.sampled_from(sorted(LENGTHS)),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_an_address_reads_back(
    account: str, issuer: str, digits: int, period: int, algorithm: str, by_counter: bool
) -> None:
    options = {} if by_counter else {"period": period}
    made = enrol(
        account, issuer, by_counter=by_counter, digits=digits, algorithm=algorithm, **options
    )
    assert read_enrolment(made.uri) == made
    assert len(made.secret) == 32


def test_a_bare_secret_as_people_type_it() -> None:
    secret = shared().secret
    spelt = " ".join(secret[place : place + 4].lower() for place in range(0, len(secret), 4))
    assert read_enrolment(spelt) == shared()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no secret"),
        ("0189", "not base32"),
        ("JBSWY3DP", "40 bits"),
        ("otpauth://totp/a", "no secret"),
        ("otpauth://totp/a?secret=JBSWY3DP", "40 bits"),
        ("otpauth://totp/a?secret=1189", "not base32"),
        ("otpauth://steam/a?secret=" + "A" * 32, "OTP type"),
        ("otpauth://totp/a?encoder=steam&secret=" + "A" * 32, "Steam"),
        ("otpauth://totp/a?secret=" + "A" * 32 + "&digits=9", "6, 7 or 8"),
        ("otpauth://totp/a?secret=" + "A" * 32 + "&digits=x", "digits is no number"),
        ("otpauth://totp/a?secret=" + "A" * 32 + "&algorithm=MD5", "algorithm"),
        ("otpauth://totp/a?secret=" + "A" * 32 + "&period=0", "1 to 120"),
        ("otpauth://hotp/a?secret=" + "A" * 32 + "&counter=-1", "counter is no number"),
        ("otpauth://hotp/a?secret=" + "A" * 32 + "&counter=" + "9" * 20, "from 0 on"),
        ("otpauth://totp/a?secret=" + "A" * 32 + "&secret=" + "B" * 32, "secret twice"),
        ("otpauth://[a?secret=" + "A" * 32, "no address"),
        ("otpauth-migration://offline?data=" + "A" * 32, "several accounts"),
        ("https://shop.example/?secret=" + "A" * 32, "none for one-time codes"),
        ("A" * 5_000, "longer than"),
    ],
)
def test_what_cannot_be_enrolled_is_said_without_its_secret(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        read_enrolment(text)
    assert "A" * 32 not in str(error.value)


SECRET = shared().secret


@pytest.mark.parametrize(
    ("address", "issuer", "account"),
    [
        ("otpauth://totp/Shop%3Aada@x.example?issuer=Shop", "Shop", "ada@x.example"),
        ("otpauth://totp/Shop%3A%20ada", "Shop", "ada"),
        ("otpauth://totp/Big%20Shop:%20ada?issuer=Big+Shop", "Big Shop", "ada"),
        ("otpauth://totp/Shop:ada?issuer=shop.example", "shop.example", "ada"),
        ("otpauth://totp/A%3AB:c%3Ad?issuer=A%3AB", "A:B", "c:d"),
        ("otpauth://totp/ada?issuer=Shop&image=https://x.example/y.png&lock=1", "Shop", "ada"),
        ("OTPAUTH://TOTP/ada", "", "ada"),
        (" otpauth://totp/?\n", "", ""),
        ("otpauth://totp?", "", ""),
        ("otpauth://totp/Straße:jürgen", "Straße", "jürgen"),
    ],
)
def test_addresses_as_services_write_them(address: str, issuer: str, account: str) -> None:
    said = f"{address.rstrip()}{'&' if '?' in address else '?'}secret={SECRET}"
    assert read_enrolment(said) == shared(issuer=issuer, account=account)


@pytest.mark.parametrize("spelt", ["SHA256", "sha256", "SHA-256", "HmacSHA256"])
def test_algorithms_as_services_write_them(spelt: str) -> None:
    found = read_enrolment(f"otpauth://totp/a?secret={SECRET}&algorithm={spelt}&digits=&period=")
    assert found == shared(account="a", algorithm="SHA256")


@pytest.mark.parametrize("spelt", [SECRET.lower(), f"{SECRET}%3D%3D", f"{SECRET[:4]}+{SECRET[4:]}"])
def test_secrets_as_services_write_them(spelt: str) -> None:
    assert read_enrolment(f"otpauth://totp/a?secret={spelt}") == shared(account="a")


def test_a_short_secret_that_a_service_gave_works_with_a_warning() -> None:
    """Sixteen characters: the best known example, and what many services share."""
    short = read_enrolment("JBSW Y3DP EHPK 3PXP")
    assert (code_at(short, 0), code_at(short, NOW)) == ("282760", code_at(short, NOW + 9))
    assert check(short, "282760", 0.0).valid
    assert "80 bits" in short.warning
    assert not shared().warning
    assert read_enrolment(short.uri).secret == short.secret


def test_a_counter_that_is_not_said_is_the_first() -> None:
    assert read_enrolment(f"otpauth://hotp/a?secret={SECRET}&period=20") == shared(
        account="a", counter=0
    )


def test_a_secret_is_not_shown() -> None:
    assert shared().secret not in repr(shared(account="ada", issuer="Shop"))
