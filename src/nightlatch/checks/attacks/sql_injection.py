"""SQL injection: a value that would go on as SQL."""

from nightlatch.checks.attacks.recogniser import Recogniser, found
from nightlatch.checks.attacks.sql.breakout import sql_in
from nightlatch.checks.attacks.value import Clue, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level


def recognise(text: str, value: Value) -> Clue | None:
    finding = sql_in(text)
    return finding and Clue(finding.certainty, finding.why, text)


CHECK = Check(
    id="sql-injection",
    title="",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="",
    why="",
    example="",
    remedy="",
    owasp="",
    cwe=1,
    references=(),
    judge=found("sql-injection"),
)
