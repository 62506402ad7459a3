"""What single fields hold, from the close look at a value through everything that is learned of it.

Secrets are put together from pieces, so that no scanner takes this file for a leak.
"""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import EMPTY, read_content
from nightlatch.exchange.disclosure import DataClass, DataItem
from nightlatch.exchange.disclosure import DataClass as D
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.shapes import Scalar
from nightlatch.inventory.classify import Classifier
from nightlatch.inventory.examine import examine
from nightlatch.inventory.samples import masked

_JWT = ".".join(
    [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ",
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    ]
)

NAMES = [
    "phone",
    "email",
    "login",
    "first_name",
    "address",
    "zip",
    "dob",
    "card_number",
    "pan",
    "iban",
    "ssn",
    "aadhaar",
    "pesel",
    "bsn",
    "cpf",
    "dni",
    "personnummer",
    "national_id",
    "passport",
    "lat",
    "ip",
    "device_id",
    "imei",
    "user_id",
    "password",
    "totp_secret",
    "jwt",
    "number",
    "to",
    "value",
    "created",
    "order_number",
]

HELD: list[tuple[str, Scalar, D]] = [
    # phones
    ("phone", "+49 30 12345678", D.PHONE),
    ("phone", "15551234567", D.PHONE),
    ("phone", 4915112345678, D.PHONE),
    ("phone_number", "(555) 123-4567", D.PHONE),
    ("mobile", "0151 12345678", D.PHONE),
    ("msisdn", "447700900123", D.PHONE),
    ("contactNumber", "0044 20 7946 0958", D.PHONE),
    ("fax", "+33 1 23 45 67 89", D.PHONE),
    ("number", "14155552671", D.PHONE),
    ("to", "+14155552671", D.PHONE),
    ("recipient", "14155552671", D.PHONE),
    ("value", "+14155552671", D.PHONE),
    ("login", "+14155552671", D.PHONE),
    ("username", "14155552671", D.PHONE),
    ("whatever", "+14155552671", D.PHONE),
    ("telefon", "030/12345678", D.PHONE),
    # e-mail
    ("email", "alice@example.com", D.EMAIL),
    ("userEmail", "first.last+tag@sub.example.co.uk", D.EMAIL),
    ("login", "alice@example.com", D.EMAIL),
    ("to", "alice@example.com", D.EMAIL),
    ("anything", "alice@example.com", D.EMAIL),
    # names
    ("firstName", "Alice", D.NAME),
    ("last_name", "O'Neill-Smith", D.NAME),
    ("full_name", "José María Aznar López", D.NAME),
    ("surname", "王小明", D.NAME),
    ("cardholder_name", "ALICE SMITH", D.NAME),
    ("customer_name", "Alice Smith", D.NAME),
    # addresses
    ("address", "1600 Pennsylvania Avenue NW", D.POSTAL_ADDRESS),
    ("street", "Hauptstraße 5", D.POSTAL_ADDRESS),
    ("shippingAddress", "12 Rue de la Paix, 75002 Paris", D.POSTAL_ADDRESS),
    ("zip", "90210", D.POSTAL_ADDRESS),
    ("postcode", "SW1A 1AA", D.POSTAL_ADDRESS),
    # birth dates
    ("dob", "1984-03-05", D.BIRTH_DATE),
    ("birthDate", "05.03.1984", D.BIRTH_DATE),
    ("date_of_birth", "03/05/1984", D.BIRTH_DATE),
    ("birthday", "1984-03-05T00:00:00Z", D.BIRTH_DATE),
    ("dob", 19840305, D.BIRTH_DATE),
    # cards
    ("card_number", "4111 1111 1111 1111", D.PAYMENT_CARD),
    ("cardNumber", "5555555555554444", D.PAYMENT_CARD),
    ("pan", "378282246310005", D.PAYMENT_CARD),
    ("cc_number", 4242424242424242, D.PAYMENT_CARD),
    ("note", "4111-1111-1111-1111", D.PAYMENT_CARD),
    ("x", "3782 822463 10005", D.PAYMENT_CARD),
    # IBAN
    ("iban", "DE89 3704 0044 0532 0130 00", D.IBAN),
    ("bank", "GB29NWBK60161331926819", D.IBAN),
    ("x", "FR1420041010050500013M02606", D.IBAN),
    # national ids
    ("ssn", "536-90-4399", D.NATIONAL_ID),
    ("ssn", "536904399", D.NATIONAL_ID),
    ("anything", "536-90-4399", D.NATIONAL_ID),
    ("nino", "AB123456C", D.NATIONAL_ID),
    ("nhs_number", "943 476 5870", D.NATIONAL_ID),
    ("aadhaar", "2341 2341 2346", D.NATIONAL_ID),
    ("pan", "ACUPA7085R", D.NATIONAL_ID),
    ("cpf", "390.533.447-05", D.NATIONAL_ID),
    ("pesel", "44051401359", D.NATIONAL_ID),
    ("dni", "54362315K", D.NATIONAL_ID),
    ("bsn", "111222333", D.NATIONAL_ID),
    ("codice_fiscale", "RCCMNL83S18D969H", D.NATIONAL_ID),
    ("x", "RCCMNL83S18D969H", D.NATIONAL_ID),
    ("personnummer", "880320-0016", D.NATIONAL_ID),
    ("national_id", "131052-308T", D.NATIONAL_ID),
    ("sin", "123-456-782", D.NATIONAL_ID),
    ("curp", "BOXW310820HNERXN09", D.NATIONAL_ID),
    # passport, place, addresses of machines, devices
    ("passport_number", "C01X00T47", D.PASSPORT),
    ("passport", "L898902C3", D.PASSPORT),
    ("lat", 52.520008, D.GEOLOCATION),
    ("longitude", "13.404954", D.GEOLOCATION),
    ("coordinates", -73.935242, D.GEOLOCATION),
    ("last_location", "52.520008,13.404954", D.GEOLOCATION),
    ("ip", "203.0.113.9", D.IP_ADDRESS),
    ("last_login_ip", "2001:db8::1", D.IP_ADDRESS),
    ("from_host", "203.0.113.9", D.IP_ADDRESS),
    ("remote_addr", "203.0.113.9", D.IP_ADDRESS),
    ("imei", "490154203237518", D.DEVICE_ID),
    ("mac", "00:1B:44:11:3A:B7", D.DEVICE_ID),
    ("deviceId", "9b2e6c1e-9d3a-4b00-8234-56789abcdef0", D.DEVICE_ID),
    ("idfa", "9B2E6C1E-9D3A-4B00-8234-56789ABCDEF0", D.DEVICE_ID),
    # accounts
    ("user_id", 4711, D.ACCOUNT_ID),
    ("accountId", "9b2e6c1e-9d3a-4b00-8234-56789abcdef0", D.ACCOUNT_ID),
    ("customerNumber", "CUST-0004711", D.ACCOUNT_ID),
    ("username", "alice", D.USERNAME),
    ("nickname", "wonderland_7", D.USERNAME),
    # secrets by name
    ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", D.PASSWORD_HASH),
    ("password", "b" * 20 + "0" + "a" * 19, D.PASSWORD_HASH),
    ("totp_secret", "JBSWY3DPEHPK3PXP", D.TOTP_SEED),
    ("2fa_secret", "jbswy3dpehpk3pxp", D.TOTP_SEED),
    ("secret", "JBSWY3DPEHPK3PXP", D.TOTP_SEED),
    # secrets by spelling
    (
        "x",
        "$2b$12$" + "abcdefghijklmnopqrstuv" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        D.PASSWORD_HASH,
    ),
    ("x", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA", D.PASSWORD_HASH),
    ("x", "pbkdf2_sha256$600000$salt$hash", D.PASSWORD_HASH),
    ("x", "$6$saltsalt$" + "a" * 86, D.PASSWORD_HASH),
    ("x", "scrypt:32768:8:1$salt$" + "0a" * 64, D.PASSWORD_HASH),
    ("uri", "otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP", D.TOTP_SEED),
    ("token", _JWT, D.JWT),
    ("x", "AKIA" + "IOSFODNN7EXAMPLE"[:16].replace("1", "2"), D.CLOUD_KEY),
    ("x", "AIza" + "SyA" + "b" * 32, D.CLOUD_KEY),
    ("x", "gh" + "p_" + "a1B2" * 9, D.CLOUD_KEY),
    ("x", "glpat" + "-" + "a1B2c" * 4, D.CLOUD_KEY),
    ("x", "xox" + "b-1234567890-abcdefghijkl", D.CLOUD_KEY),
    ("x", "sk" + "_live_" + "a1B2c3D4e5F6g7H8", D.CLOUD_KEY),
    ("x", "SG" + "." + "a" * 22 + "." + "b" * 43, D.CLOUD_KEY),
    ("x", "SK" + "0123456789abcdef" * 2, D.CLOUD_KEY),
    ("x", "npm" + "_" + "a1B2" * 9, D.CLOUD_KEY),
    ("x", "pypi" + "-AgE" + "I" * 60, D.CLOUD_KEY),
    ("x", "shpat" + "_" + "0123456789abcdef" * 2, D.CLOUD_KEY),
    ("x", "dop" + "_v1_" + "0123456789abcdef" * 4, D.CLOUD_KEY),
    ("x", "AccountKey" + "=" + "a" * 86 + "==", D.CLOUD_KEY),
    ("x", "123456789" + ":AA" + "b" * 33, D.CLOUD_KEY),
    ("x", "postgresql://app:hunter2@db.internal:5432/app", D.CLOUD_KEY),
    ("x", "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE", D.PRIVATE_KEY),
    ("x", "-----BEGIN " + "PRIVATE KEY-----\nMIIE", D.PRIVATE_KEY),
    # stack traces
    ("error", 'Traceback (most recent call last):\n  File "app.py", line 3', D.STACK_TRACE),
    ("error", "NPE\n\tat com.example.App.main(App.java:14)", D.STACK_TRACE),
    ("error", "   at Shop.Cart.Add(Int32 id) in C:\\src\\Cart.cs:line 42", D.STACK_TRACE),
    ("stack", "Error: x\n    at Object.<anonymous> (/srv/app/index.js:3:9)", D.STACK_TRACE),
    ("error", "#0 /var/www/index.php(12): main()\n#1 {main}", D.STACK_TRACE),
    ("error", "panic: x\n\ngoroutine 1 [running]:\nmain.main()", D.STACK_TRACE),
    ("error", "app/models/user.rb:12:in `find'", D.STACK_TRACE),
]

HELD_NOTHING: list[tuple[str, Scalar]] = [
    # numbers that are no phones
    ("created", 1700000000),
    ("created_at", "1700000000"),
    ("ts", 1700000000123),
    ("ts", "1700000000123"),
    ("expires", "1893456000"),
    ("price", 1234567.89),
    ("price", "1234567.89"),
    ("amount", 12345678901),
    ("total", "12345678901"),
    ("balance", "15551234567"),
    ("order_number", "49301234567"),
    ("orderNumber", 15551234567),
    ("order_id", "15551234567"),
    ("invoice", "20240131123"),
    ("tracking", "447700900123"),
    ("sku", "14155552671"),
    ("ean", "4006381333931"),
    ("isbn", "9783161484100"),
    ("barcode", "012345678905"),
    ("count", 15551234567),
    ("number", "9912345678"),
    ("number", 9912345678),
    ("account", "4512345678"),
    ("value", "4512345678"),
    ("size", 4915112345678),
    ("id", 15551234567),
    ("id", "1234567890123456789"),
    ("version", "10.15.7"),
    ("version", "1.2.3.4"),
    ("build", "20240131.1"),
    ("date", "2024-01-31"),
    ("range", "2019-2024"),
    ("phone", ""),
    ("phone", "n/a"),
    ("phone", "0000000000"),
    ("phone", 1),
    ("phone", True),
    ("phone_verified", True),
    ("phone_type", "mobile"),
    ("tel", "ext. 5"),
    ("mobile", False),
    ("cell", "A1"),
    ("duration", "123-456"),
    ("x", "123-4567"),
    # machine values
    ("id", "9b2e6c1e-9d3a-4b00-8234-56789abcdef0"),
    ("request_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ("etag", "d41d8cd98f00b204e9800998ecf8427e"),
    ("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("commit", "5f2b6c1e9d3a4b0012345678"),
    ("url", "https://example.com/a/b?c=1"),
    ("icon", "icon@2x.png"),
    ("package", "lodash@4.17.21"),
    ("repo", "git@github.com:owner/name.git"),
    ("handle_text", "@alice"),
    ("public_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"),
    ("pem", "-----BEGIN CERTIFICATE-----\nMIIE"),
    ("publishable", "pk" + "_live_a1B2c3D4e5F6g7H8"),
    ("sid", "AC0123456789abcdef0123456789abcdef"),
    # words
    ("status", "active"),
    ("name", "Blue Widget"),
    ("title", "The Quick Brown Fox"),
    ("product_name", "Garden Hose 20 m"),
    ("city", "Berlin"),
    ("description", "Call us any time, day or night."),
    ("first_name", ""),
    ("full_name", "octocat/Hello-World"),
    ("username", ""),
    ("address", "0x71C7656EC7ab88b098defB751B7401B5f6d8976F"),
    ("wallet_address", "0x71C7656EC7ab88b098defB751B7401B5f6d8976F"),
    ("address", "https://example.com"),
    ("zip", "archive.zip"),
    ("dob", "unknown"),
    ("dob", "1984-13-45"),
    ("birthday", "0000-00-00"),
    # numbers that fail their issuer's check
    ("card_number", "4111111111111112"),
    ("card_number", "4111********1111"),
    ("order", "4111111111111111"),
    ("x", "1234-5678-9012-3456"),
    ("iban", "DE89370400440532013001"),
    ("x", "GB29NWBK60161331926818"),
    ("x", "000-12-3456"),
    ("passport", "yes"),
    ("lat", 52),
    ("long", "a long text"),
    ("latency", 12.345678),
    ("ratio", 0.123456),
    ("ip", "999.1.1.1"),
    ("ip", "localhost"),
    ("mac", "MacBook Pro"),
    ("device_id", "iPhone"),
    ("password", "********"),
    ("password", "hunter2"),
    ("password_hash", "redacted"),
    ("totp_enabled", True),
    ("totp", "123456"),
    ("secret", "a plain sentence"),
    ("secret_name", "JBSWY3DPEHPK3PXP"),
    ("token", "eyJhbGciOiJIUzI1NiJ9"),
    ("error", "Something went wrong at 10:30"),
    ("message", "arrive at station (platform 3)"),
    ("jobs", "at (9:30)"),
    ("connection", "postgresql://db.internal:5432/app"),
    ("nationality", "DE"),
    ("ssn", "n/a"),
    ("ssn_last4", "4399"),
    ("lat", None),
]


def told(classifier: Classifier, document: object) -> tuple[DataItem, ...]:
    body = msgspec.json.encode(document)
    content = read_content(Body(body, len(body)), "application/json")
    return classifier.items("GET /door", (), (), EMPTY, content, body)


@pytest.mark.parametrize(("name", "value", "data_class"), HELD, ids=lambda each: str(each)[:24])
def test_a_field_holds(name: str, value: Scalar, data_class: DataClass) -> None:
    classifier = Classifier()
    for _ in range(12):  # while it learns, and after
        items = told(classifier, {name: value})
        assert [(item.path, item.data_class, item.count) for item in items] == [
            (f"$.{name}", data_class, 1)
        ]
        assert 0.5 <= items[0].confidence <= 1.0
        assert str(value) not in items[0].sample


@pytest.mark.parametrize(("name", "value"), HELD_NOTHING, ids=lambda each: str(each)[:24])
def test_a_field_holds_nothing_of_note(name: str, value: Scalar) -> None:
    classifier = Classifier()
    for _ in range(12):
        assert told(classifier, {name: value}) == ()


@given(
    st.sampled_from([*NAMES, "", "anything"]),
    st.text(alphabet=st.sampled_from("0123456789+-. /()ABXZabxz@:_$٤²Ⅷé"), max_size=40)
    | st.text(max_size=40)
    | st.integers()
    | st.floats(),
)
@settings(max_examples=100, deadline=None)
def test_no_value_raises(name: str, value: Scalar) -> None:
    judgement = examine(name, f"$.{name}", value)
    if judgement is not None:
        assert 0.0 < judgement.confidence <= 1.0
        assert len(masked(judgement.data_class, value)) <= 40


def test_every_field_was_tried() -> None:
    assert (len(HELD), len(HELD_NOTHING)) == (118, 106)
    assert {data_class for _, _, data_class in HELD} == set(DataClass) - {DataClass.MARKED}
    # MARKED is what code says of an endpoint, and no value.
