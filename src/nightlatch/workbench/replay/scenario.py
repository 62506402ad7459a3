"""A breach as a scenario: everything a replay needs to know of it, with nothing left open.

The reader (`reading.py`) makes one of each row of a file, and says what it had to assume.
"""

from enum import StrEnum

from msgspec import Struct

POPULATIONS = (
    "homes", "offices", "carriers", "partners", "sync", "crawler", "push", "newcomers", "launch",
)  # fmt: skip
"""The honest people and machines; `launch` is a day on which everybody comes."""
COUNTS = (1, 50, 2_000, 20_000)
"""From how many addresses an attack comes, one run each."""


class Order(StrEnum):
    """How the attacker goes through the identifiers."""

    LIST = "list"
    """Somebody's list, in no order."""
    SEQUENTIAL = "sequential"
    GENERATED = "generated"
    """Made up at random within what identifiers look like."""
    PREFIX = "prefix"
    """Whole blocks of numbers, the blocks in no order."""
    WILDCARD = "wildcard"
    """One pattern for many: `a*`, `b*`."""
    POLLING = "polling"
    """The same few again and again, at a constant interval."""
    TARGETED = "targeted"
    """Chosen people, almost all of whom exist."""
    GUESS = "guess"
    """Likely names: a word list."""


class Access(StrEnum):
    """What the attacker presents, and what the endpoint asks of anyone."""

    NONE = "none"
    """The endpoint answers anyone."""
    VALID = "valid"
    """A real account, or a few."""
    FAKE = "fake"
    """Accounts made for the attack."""
    STUFFING = "stuffing"
    """The endpoint is the login itself; what is tried are other people's passwords."""
    BROKEN = "broken"
    """The endpoint should ask for a credential, or for a better one, and does not."""


class Ident(StrEnum):
    """What is iterated."""

    PHONE = "phone"
    NUMBER = "number"
    """A customer's or record's whole number."""
    DOCUMENT = "document"
    """A number of nine digits that names a document."""
    ACCOUNT = "account"
    """An account number of ten digits."""
    USER = "user"
    """A user's id, a UUID."""
    USERNAME = "username"
    EMAIL = "email"
    VIN = "vin"
    PERSON = "person"
    """Name, address and date of birth together."""
    PAIR = "pair"
    """An e-mail address and a password."""
    PATH = "path"
    """A path that may or may not be there."""


class Place(StrEnum):
    """Where the identifier stands in the request."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


class Habit(StrEnum):
    """What honest people do at the endpoint."""

    OWN = "own"
    """Ask for themselves; now and then they mistype."""
    BROWSE = "browse"
    """Look at others, some of whom are popular."""
    SYNC = "sync"
    """Send their address book, most of which is unknown here."""
    LOGIN = "login"
    STAFF = "staff"
    """Employees work with a few customers each, the same ones again and again."""
    RESET = "reset"
    """Employees get back in, rarely, and use what is behind the door every day."""
    LINKS = "links"
    """Open the few records they were sent links to."""
    ELSEWHERE = "elsewhere"
    """Nothing: only the attacker comes here."""


class Follow(Struct, frozen=True, kw_only=True):
    """What each success opens: one more request, which gives away `people` at once."""

    method: str = "GET"
    template: str = "/v1/relatives"
    people: int = 1
    fields: tuple[str, ...] = ("name",)


class Scenario(Struct, frozen=True, kw_only=True):
    id: str
    title: str = ""
    seen: bool = True
    """False: nothing of this breach shows in traffic."""
    unseen_because: str = ""
    method: str = "GET"
    template: str = "/v1/users/{phone}/status"
    """Route template; the identifier is the parameter `name`."""
    place: Place = Place.PATH
    name: str = "phone"
    ident: Ident = Ident.PHONE
    order: Order = Order.LIST
    batch: int = 1
    """Identifiers in one request."""
    access: Access = Access.NONE
    accounts: int = 0
    addresses: tuple[int, ...] = COUNTS
    rate: float = 2.0
    """Identifiers tried per second, over all addresses."""
    hit_rate: float = 0.15
    """Share of the attacker's identifiers that exist."""
    miss_status: int = 404
    fields: tuple[str, ...] = ("account_id", "phone", "status")
    """What a hit's answer holds."""
    habit: Habit = Habit.OWN
    honest_miss: float = 0.1
    """Share of honest look-ups that find nothing."""
    background: tuple[str, ...] = ()
    """Names of the honest populations; empty: all of them."""
    follow: Follow | None = None
    attempts: int | None = None
    """Identifiers tried in a run; None: enough that every address is used."""
    records: int | None = None
    """As published: how many people it was about."""
    sources: str = ""
    assumed: tuple[str, ...] = ()
    """Parameters that the row leaves open, with what was taken for them."""

    @property
    def protected(self) -> bool:
        """The endpoint turns away who has no credential."""
        return self.access in (Access.VALID, Access.FAKE)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Keys of the endpoints that the attack is about."""
        follow = self.follow
        first = f"{self.method} {self.template}"
        return (first,) if follow is None else (first, f"{follow.method} {follow.template}")

    def attempts_from(self, addresses: int) -> int:
        """How many identifiers are tried from so many addresses."""
        if self.attempts is not None:
            return self.attempts
        if self.batch == 1:
            return max(LEAST_ATTEMPTS, addresses)
        return min(MOST_IN_BATCHES, max(LEAST_ATTEMPTS, addresses * self.batch))


LEAST_ATTEMPTS = 12_000
MOST_IN_BATCHES = 40_000
"""So that a run ends: in batches of 100 not all of 20,000 addresses have their turn."""
