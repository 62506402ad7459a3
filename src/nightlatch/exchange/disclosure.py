"""Whose records an exchange asked for, and whose left: the nouns the ledger counts."""

from enum import StrEnum

from msgspec import Struct


class DataClass(StrEnum):
    """What a value is about a person, or which secret it is."""

    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    POSTAL_ADDRESS = "postal-address"
    BIRTH_DATE = "birth-date"
    PAYMENT_CARD = "payment-card"
    IBAN = "iban"
    NATIONAL_ID = "national-id"
    PASSPORT = "passport"
    GEOLOCATION = "geolocation"
    IP_ADDRESS = "ip-address"
    DEVICE_ID = "device-id"
    ACCOUNT_ID = "account-id"
    USERNAME = "username"
    PASSWORD_HASH = "password-hash"
    TOTP_SEED = "totp-seed"
    JWT = "jwt"
    CLOUD_KEY = "cloud-key"
    PRIVATE_KEY = "private-key"
    STACK_TRACE = "stack-trace"
    MARKED = "personal-data"
    """What the application itself says is personal, whatever it looks like."""

    @property
    def secret(self) -> bool:
        """True for what opens something, and so must never be in an answer."""
        return self in SECRET_CLASSES

    @property
    def personal(self) -> bool:
        """True for what tells something about one person."""
        return self in PERSONAL_CLASSES


SECRET_CLASSES = frozenset(
    {
        DataClass.PASSWORD_HASH,
        DataClass.TOTP_SEED,
        DataClass.CLOUD_KEY,
        DataClass.PRIVATE_KEY,
    }
)
PERSONAL_CLASSES = frozenset(DataClass) - SECRET_CLASSES - {DataClass.JWT, DataClass.STACK_TRACE}


class Side(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


class DataItem(Struct, frozen=True, gc=False):
    """One kind of data at one place of an endpoint's messages."""

    side: Side
    path: str
    """`$.users[].phone` in a JSON body, else `path.phone`, `query.phone`, `form.phone`."""
    data_class: DataClass
    confidence: float
    """0 to 1."""
    sample: str
    """Masked: enough to recognise the kind, never the value, e.g. "+1•••••••67"."""
    count: int = 1
    """How many values of this kind were there in this exchange."""


class Subject(Struct, frozen=True, gc=False):
    """A person or record, by its identifier."""

    digest: bytes
    """8 bytes of keyed BLAKE3 over kind and canonical identifier."""
    data_class: DataClass
    shape: int | None = None
    """The identifier as a number where it is one (phone digits, record number), for order and
    neighbourhood tests. Held in memory only, never stored or sent."""


class Disclosure(Struct, frozen=True, gc=False):
    """Whose records one exchange asked for and gave away."""

    asked: tuple[Subject, ...] = ()
    """Distinct identifiers in the request (path, query, form, JSON, inside lists)."""
    disclosed: tuple[Subject, ...] = ()
    """Distinct subjects that left, or would have: in the body, or asked for and confirmed."""
    hit: bool | None = None
    """Did the answer confirm the identifier asked for? None: it says nothing about existence."""


NO_DISCLOSURE = Disclosure()
