"""Broken function level authorisation: a role calls a function that this role never called.

A function is an endpoint that changes something, or whose path is an administrator's. Roles are
what tokens claim; principals without such a claim are grouped by whether they use administrators'
functions, and for its first minutes whoever has just registered itself is a role of its own. How
surprising a first call is, Good and Turing say (Good 1953): of all that a role does, the share that
it never did before is about the share of what it did once.
"""

from collections import OrderedDict

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.attempts import asker, path_words, registers
from nightlatch.detect.behaviours.objects import principal_of
from nightlatch.detect.behaviours.roles import Roles
from nightlatch.detect.behaviours.verdicts import HELD, challenge, convict, tell
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.content import ContentKind
from nightlatch.exchange.exchange import Endpoint, Exchange
from nightlatch.exchange.judgement import DetectionKind
from nightlatch.exchange.names import word_set

NOVELTY = 1e-3
"""A first call is told of where one call in a thousand, or fewer, is a role's first."""
OBSERVED = 86_400.0
"""Seconds that role and function must have been known."""
MIN_PRINCIPALS = 10
MIN_CALLS = 20
"""Of others, before a function is theirs."""
FRESH = 600.0
"""Seconds for which a principal that registered itself is fresh."""
_FEATURE = 5
"""Principals of one role that call it make a function theirs: something was released."""
_INSISTS = 5
"""Calls of functions that are not its own after which a principal is refused, not asked."""
_SETTLED = 20
"""Exchanges after which a principal belongs to the users or the administrators."""
_PRINCIPALS = 16_384
_ROLES = 200
_FUNCTIONS = 2_000
_REGISTERED = 4_096
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ADMIN = word_set("""
    admin admins administrator administration administrators internal manage management manager
    staff dealer dealers employee employees backoffice console root superuser impersonate operator
    operators moderation moderator support agent agents owner owners ownership""")
NEWLY_REGISTERED = "newly registered"


class _Role:
    __slots__ = ("calls", "exchanges", "once", "principals", "since", "strays")

    def __init__(self, now: float) -> None:
        self.since = now
        self.exchanges = 0
        self.principals = 0
        self.calls: dict[str, int] = {}
        """Endpoint to successful calls."""
        self.once = 0
        """Endpoints called exactly once."""
        self.strays: dict[str, set[str]] = {}
        """Functions not its own that some of its principals called."""

    @property
    def novelty(self) -> float:
        return min(1.0, (self.once + 1) / (self.exchanges + 1))

    def observed(self, now: float) -> bool:
        return (
            now - self.since >= OBSERVED
            and self.principals >= MIN_PRINCIPALS
            and self.novelty <= NOVELTY
        )

    def call(self, key: str) -> None:
        count = self.calls.get(key, 0) + 1
        if count == 1 and len(self.calls) >= _FUNCTIONS:
            return
        self.calls[key] = count
        self.once += (count == 1) - (count == 2)


class _Function:
    __slots__ = ("administers", "calls", "fresh", "privileged", "since")

    def __init__(self, endpoint: Endpoint, now: float) -> None:
        self.since = now
        self.calls = 0
        self.fresh = 0
        """Calls of principals that had just registered themselves."""
        self.administers = bool(path_words(endpoint.template) & _ADMIN)
        self.privileged = self.administers or endpoint.method not in _SAFE

    def established(self, now: float) -> bool:
        return now - self.since >= OBSERVED and self.calls >= MIN_CALLS


class _Principal:
    __slots__ = ("administers", "exchanges", "fresh_until", "stray_calls", "strayed", "titles")

    def __init__(self, fresh_until: float) -> None:
        self.exchanges = 0
        self.fresh_until = fresh_until
        self.administers = False
        self.titles: tuple[str, ...] = ()
        self.strayed: tuple[str, ...] = ()
        """Functions it called that are not its role's."""
        self.stray_calls = 0


class FunctionAccess:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._names = Roles()
        self._roles: SegmentedTable[str, _Role] = SegmentedTable(_ROLES)
        self._functions: SegmentedTable[str, _Function] = SegmentedTable(_FUNCTIONS)
        self._principals: SegmentedTable[str, _Principal] = SegmentedTable(_PRINCIPALS)
        self._registered: OrderedDict[str, float] = OrderedDict()

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        if answer is None or answer.status >= 400:
            return
        if sighting.stranger:
            if sighting.request.kind is not ContentKind.EMPTY:
                self._note_registration(exchange)
        elif exchange.credentials:
            self._note_call(exchange)

    def _note_registration(self, exchange: Exchange) -> None:
        if not registers(exchange.endpoint.template):
            return
        if len(self._registered) >= _REGISTERED:
            self._registered.popitem(last=False)
        self._registered[asker(exchange.caller)] = exchange.at

    def _note_call(self, exchange: Exchange) -> None:
        key, now = exchange.endpoint.key, exchange.at
        function = self._functions.touch(key) or self._new_function(key, exchange.endpoint, now)
        name = principal_of(exchange.caller)
        principal = self._principals.touch(name) or self._new_principal(name, exchange)
        principal.exchanges += 1
        if principal.exchanges <= _SETTLED and function.administers:
            principal.administers = True
        title = self._title(principal, exchange)
        role = self._role(title, principal, now)
        role.exchanges += 1
        if function.privileged and key not in role.calls:
            surprise = _surprise(role, function, title, now)
            if surprise is not None and self._is_stray(role, key, name):
                if key not in principal.strayed:
                    principal.strayed += (key,)
                principal.stray_calls += 1
                self._found(exchange, name, principal, title, surprise)
                return
        role.call(key)
        function.calls += 1
        function.fresh += title == NEWLY_REGISTERED

    def _title(self, principal: _Principal, exchange: Exchange) -> str:
        if exchange.at < principal.fresh_until:
            return NEWLY_REGISTERED
        title = self._names.role(exchange.credentials, exchange.request)
        if principal.administers and not title.startswith("role "):
            title += " that administer"
        return title

    def _is_stray(self, role: _Role, key: str, name: str) -> bool:
        """Whether the call is still a stray one, and not the role's by now."""
        callers = role.strays.setdefault(key, set())
        callers.add(name)
        if len(callers) < _FEATURE:
            return True
        del role.strays[key]
        return False

    def _found(
        self, exchange: Exchange, name: str, principal: _Principal, title: str, surprise: float
    ) -> None:
        key, now = exchange.endpoint.key, exchange.at
        kind = DetectionKind.FUNCTION_ACCESS
        fresh = title == NEWLY_REGISTERED
        words = _words(exchange, principal, title, surprise)
        if fresh or len(principal.strayed) > 1 or principal.stray_calls >= _INSISTS:
            convict(self._reporter, name, words, now)
        else:
            challenge(self._reporter, name, words, now + HELD, "")
        if self._reporter.alarms.due(kind, key, name, now):
            tell(
                self._reporter,
                kind,
                key,
                name,
                now,
                words,
                false_alarm_rate=surprise,
                confidence=0.9 if fresh or len(principal.strayed) > 1 else 0.7,
                refuted_by=(
                    "A feature that was just given to this role, or a person whose rights were"
                    " widened: then more of its principals follow."
                ),
                attempts=len(principal.strayed),
            )

    def _new_function(self, key: str, endpoint: Endpoint, now: float) -> _Function:
        function = _Function(endpoint, now)
        self._functions.add(key, function)
        return function

    def _new_principal(self, name: str, exchange: Exchange) -> _Principal:
        registered = self._registered.get(asker(exchange.caller), 0.0)
        fresh = 0.0 <= exchange.at - registered < FRESH
        principal = _Principal(exchange.at + FRESH if fresh else 0.0)
        self._principals.add(name, principal)
        return principal

    def _role(self, title: str, principal: _Principal, now: float) -> _Role:
        role = self._roles.touch(title)
        if role is None:
            role = _Role(now)
            self._roles.add(title, role)
        if title not in principal.titles:
            principal.titles += (title,)
            role.principals += 1
            if role.principals == MIN_PRINCIPALS:
                self._roles.keep(title)
        return role


def _surprise(role: _Role, function: _Function, title: str, now: float) -> float | None:
    """How rarely an honest call is such a first one; None where it says nothing."""
    if not function.established(now):
        return None
    if role.observed(now):
        return role.novelty
    if title == NEWLY_REGISTERED and function.administers and not function.fresh:
        # Laplace: none of so many callers had just registered itself.
        return 1 / (function.calls + 2)
    return None


def _words(exchange: Exchange, principal: _Principal, title: str, surprise: float) -> str:
    who = (
        f"A principal that registered itself within the last {FRESH / 60:.0f} minutes"
        if title == NEWLY_REGISTERED
        else f"A principal with {title}"
    )
    words = (
        f"{who} called {exchange.endpoint.key}, with success, which none of its like ever did while"
        f" others do; one honest call in {1 / surprise:,.0f} is such a first one."
    )
    if len(principal.strayed) > 1:
        words += f" It has called {len(principal.strayed)} functions that are not its own."
    return words


HELP = DetectorHelp(
    kind=DetectionKind.FUNCTION_ACCESS,
    title="A role calls a function that is not its own",
    what="""\
A function is an endpoint that changes something, or whose path is an administrator's. Fires when
a role calls one for the first time, with success, that others have called for a day and twenty
times, and this role is known well: ten principals, a day, and so many exchanges that a first
call is one in a thousand. Roles are the claims of tokens (role, roles, scope, groups,
permissions); without one, the kind of credential, apart for those who use administrators'
functions. Whoever registered itself is a role of its own for ten minutes, and fires at its first
administrators' function.""",
    evidence="Which role, which function, and how rarely an honest call is such a first one.",
    errors="""\
The stated rate is Good and Turing's estimate of first calls among a role's calls, at most 1 in
1,000; for the newly registered Laplace's, 1 in so many calls as the function had. After five
principals of the role have called it, it is taken for a released feature. Roles that tokens do
not name, and functions of a new API, are not seen.""",
    refuted_by="A feature that was just given to this role, or a person whose rights were widened.",
    remedy="""\
Check the role at each function, by default refusing, on the server:

```python
@app.post("/admin/users/{user_id}/role", dependencies=[Depends(require_role("admin"))])
```""",
    owasp="API5:2023",
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html",
        "https://samcurry.net/hacking-kia",
    ),
)
