"""The detectors' help: the ledger's own detectors, and one page of all for the documentation."""

from collections.abc import Iterable, Sequence

from nightlatch.checks.help import anchor, owasp_url
from nightlatch.detect.behaviour import DetectorHelp
from nightlatch.detect.behaviours.registry import HELP
from nightlatch.exchange.judgement import DetectionKind

_LEDGER: tuple[DetectorHelp, ...] = (
    DetectorHelp(
        kind=DetectionKind.ENUMERATION,
        title="One caller guesses identifiers",
        what="""\
Counts each caller's different identifiers at an endpoint, in paths, queries, bodies and batches,
and whether the answer confirmed them. Wald's sequential test compares its misses with those of
honest people here; asking again for a known one counts for the caller, a run of consecutive
numbers against it. A convicted caller is refused before the application is asked.""",
        evidence="""\
How many different identifiers were asked for, how many do not exist, and how much likelier that is
from a guesser; or the run of numbers and its stride.""",
        errors="""\
10^-6 per honest caller; during a walk 10^-3 for newcomers. Guessers whose guesses nearly all hit
are not told apart by misses: runs, revisits and budgets are for them. Where honest people miss
as often as guessers the test is off, and the endpoint's page says so.""",
        refuted_by="""\
A client with an outdated list, a migration, a contact synchronisation that was not learned yet.""",
        remedy="""\
Answer found and not found alike, or only to whom it concerns. Use identifiers that cannot be
guessed.""",
        owasp="API4:2023",
        references=("https://doi.org/10.1109/SECPRI.2004.1301325",),
    ),
    DetectorHelp(
        kind=DetectionKind.DISTRIBUTED_ENUMERATION,
        title="Many callers together walk this endpoint",
        what="""\
The same over all newcomers together, so that twenty thousand addresses with seven look-ups each
are seen: an e-process over their tries, against what honest newcomers do at this hour. On the
alarm callers with a clean history go on, newcomers are challenged or have to wait.""",
        evidence="How many of the newcomers' last tries spoke for a walk, and the honest share.",
        errors="""\
One false alarm in 10^9 tries on average, however long it runs. Attacks much slower than honest
newcomers are hidden among them: the budgets of the day and of thirty days bound what they take.""",
        refuted_by="A campaign of yours whose links carry identifiers that do not exist.",
        remedy="Demand a credential here, or answer uniformly; until then keep enforcing.",
        owasp="API4:2023",
        references=("https://doi.org/10.1145/2508859.2516719", "https://arxiv.org/abs/2203.03532"),
    ),
    DetectorHelp(
        kind=DetectionKind.BUDGET_EXCEEDED,
        title="More people's records left than may leave",
        what="""\
Counts different people, not requests, that an endpoint disclosed to each circle of callers (an
address, a network, a principal, all strangers together) in five minutes, an hour, a day and thirty
days. Fires when one more would exceed the budget.""",
        evidence="Which circle, how many different people within which window, and the budget.",
        errors="""\
A plain limit, not a test: no false alarms in its own sense. A popular endpoint needs a larger
budget than the default; what honest callers did before raises it by itself up to a bound.""",
        refuted_by="A new partner or a busy day: then give it a budget of its own.",
        remedy="""\
Look at whom the records went to. Set the endpoint's budget to what its honest callers need.""",
        owasp="API4:2023",
        references=("https://arxiv.org/abs/2010.12450",),
    ),
    DetectorHelp(
        kind=DetectionKind.EXISTENCE_ORACLE,
        title="The answer tells whether somebody exists",
        what="""\
Two detectors. The ledger's: an endpoint whose answers say found or not found to strangers, and
say the same when asked again. The other needs no meaning: it groups short answers by status,
fields and words, by size, and by time, and asks whether the identifier alone decides which of
two comes, by the mutual information of an identifier's answers at two times. At log-ins it
compares refusals only: "wrong password" and "unknown user" are an oracle, also when both are
200. It reports from honest traffic, once per endpoint, before anybody exploits it.""",
        evidence="""\
How many identifiers got either answer, how many got the same again, and the bits of information;
for time the medians and the rank test's z.""",
        errors="""\
10^-6 per test (10^-7 for time). Told only where the identifier explains 70 % of the difference
or more, both kinds took turns at least ten times, and callers of one make met both, so that a
release or a language is no oracle. By size its confidence is 0.7, by time 0.5. Needs ten people
who do not exist and some who ask again.""",
        refuted_by="""\
The difference says something else of the identifier than that it exists, such as which kind of
account it is: ask for one that you know and for one you made up.""",
        remedy="""\
Answer both alike, in status, words, size and time; hash a password also where there is none to
compare with. Until then switch on uniform answers for this endpoint.""",
        owasp="API2:2023",
        references=(
            "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-and-error-messages",
            "https://cwe.mitre.org/data/definitions/204.html",
            "https://cwe.mitre.org/data/definitions/208.html",
        ),
    ),
    DetectorHelp(
        kind=DetectionKind.NEW_CALLERS,
        title="Callers never seen before arrive in numbers",
        what="""\
Counts callers that an endpoint has never met, against what this hour of the week explains. It
needs no hits and misses, so it sees walks of identifiers that all exist.""",
        evidence="How many newcomers came, and how many were to be expected.",
        errors="""\
An e-process with a stated rate; a launch or a mention in the news brings newcomers as well, and
then challenges cost each of them a second, once.""",
        refuted_by="A campaign, a launch, a push message, a link that went around.",
        remedy="Look at what they ask for: people want their own records, walks want all.",
        owasp="API4:2023",
        references=("https://doi.org/10.1145/2508859.2516719",),
    ),
    DetectorHelp(
        kind=DetectionKind.LIMIT_EXCEEDED,
        title="More requests than a limit allows",
        what="""\
Fires when a circle of callers exceeds a limit that a person set, in requests (GCRA) or in
different people. Refused requests count as well, so that insisting does not help.""",
        evidence="Which limit, whose it is, and how much of it was used.",
        errors="A plain limit, not a test.",
        refuted_by="""\
A limit below what honest callers need: its page suggests one from what was seen.""",
        remedy="Raise the limit, or exempt who needs more.",
        owasp="API4:2023",
        references=(
            "https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html",
        ),
    ),
)

DETECTORS: tuple[DetectorHelp, ...] = (*_LEDGER, *HELP)
"""Every kind of detection that anything raises, the ledger's first."""

_PREFACE = """\
# Detectors

A check judges one exchange; a detector judges many together, and says how sure it is. Each
detection carries its evidence in words, its confidence (0 to 1, by the detector's own account), the
false-alarm rate that its test promises (none for a plain rule) and what would refute it: what a
person should look for first.

This page is made from the detectors:
`nightlatch detectors --markdown > docs/reference/detectors.md`.
"""


def help_page(detector: DetectorHelp) -> str:
    """One detector's help as Markdown, headed by its title at the third level."""
    return "\n\n".join(_sections(detector)) + "\n"


def reference(detectors: Sequence[DetectorHelp] = DETECTORS) -> str:
    """All detectors as one Markdown page: a table, then the help of each."""
    rows = ["| Detector | Says | OWASP |", "|---|---|---|"]
    rows += [
        f"| [{one.kind.value}](#{anchor(one.title)}) | {one.title} | {one.owasp} |"
        for one in detectors
    ]
    return "\n".join([_PREFACE, *rows, "", *map(help_page, detectors)])


def _sections(detector: DetectorHelp) -> Iterable[str]:
    yield f"### {detector.title}"
    yield f"`{detector.kind.value}` · {detector.owasp}"
    yield detector.what
    yield f"**Evidence.** {detector.evidence}"
    yield f"**Errors.** {detector.errors}"
    yield f"**What would refute it.** {detector.refuted_by}"
    yield f"**What to do.** {detector.remedy}"
    links = (owasp_url(detector.owasp), *detector.references)
    yield "**Read more**\n\n" + "\n".join(f"- <{url}>" for url in links)
