import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.meaning import Meaning, Vocabulary, spelled_alike

NAMES = {
    Meaning.PASSWORD: "password newPassword user_pwd PASSWD passphrase pin PIN_CODE otp "
    "totp_secret cvv CVC2 card_cvc ssn socialSecurityNumber verification-code "
    "backup_codes mnemonic",
    Meaning.SECRET: "secret client_secret token accessToken refresh-token X-Auth-Token api_key "
    "apiKey X-API-Key APIKey private_key signing-key jwt session sessionId PHPSESSID cookie "
    "signature X-Amz-Signature X-Hub-Signature-256 authorization credentials card card_number "
    "creditCard csrf_token id_token",
    Meaning.DOUBTFUL: "code key state nonce hash auth error_code",
    Meaning.PHONE: "phone phoneNumber phone_number mobile msisdn tel contact_phone phones fax",
    Meaning.IDENTIFIER: "id user_id userId account-id uuid email emails contactEmail first_name "
    "lastName full_name username iban passport address street dob birthDate date_of_birth "
    "device_id imei",
    Meaning.MEASURE: "created_at expires exp iat timestamp size total amount token_expires_at",
    Meaning.PLAIN: "name status title page total_tokens max_tokens token_type request_id trace_id "
    "password_policy secretary author passenger keyboard monkey description 42 _ - ü",
}
CASES = [(name, meaning) for meaning, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("name", "meaning"), CASES)
def test_meaning(name: str, meaning: Meaning) -> None:
    assert Vocabulary().meaning(name) is meaning


def test_all_meanings_have_cases() -> None:
    assert set(NAMES) == set(Meaning)
    assert len(CASES) == 110


@pytest.mark.parametrize(
    "spelling", ["mothers_name", "mothersName", "Mothers-Name", "MOTHERS NAME"]
)
def test_added_secrets_count_in_any_spelling(spelling: str) -> None:
    assert Vocabulary(["mothersName"]).meaning(spelling) is Meaning.SECRET
    assert Vocabulary().meaning(spelling) is not Meaning.SECRET


def test_spelled_alike() -> None:
    assert spelled_alike("X-Api_key2.ID") == "xapikey2id"


@pytest.mark.slow
@given(st.text(max_size=300))
def test_every_name_has_a_meaning(name: str) -> None:
    assert Vocabulary().meaning(name) in Meaning
