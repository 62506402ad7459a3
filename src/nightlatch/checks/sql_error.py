"""A database's error message in a response, also with status 200."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import DATABASE
from nightlatch.exchange.source import Part

# A text that only a database or its driver writes, and the one it comes from. Each has the sign
# DATABASE, and so nearly every body is done before the first is looked for.
_MESSAGES: tuple[tuple[bytes, str], ...] = (
    (b"You have an error in your SQL syntax", "MySQL"),
    (b"mysql_fetch_", "MySQL"),
    (b"pymysql.err.", "MySQL"),
    (b"MySQLSyntaxErrorException", "MySQL"),
    (b"syntax error at or near", "PostgreSQL"),
    (b"unterminated quoted string at or near", "PostgreSQL"),
    (b"psycopg2.errors.", "PostgreSQL"),
    (b"psycopg.errors.", "PostgreSQL"),
    (b"PG::SyntaxError", "PostgreSQL"),
    (b"PG::UndefinedColumn", "PostgreSQL"),
    (b"org.postgresql.util.PSQLException", "PostgreSQL"),
    (b"sqlite3.OperationalError", "SQLite"),
    (b"SQLITE_ERROR", "SQLite"),
    (b"SQLite3::SQLException", "SQLite"),
    (b": syntax error\\n[SQL:", "a database"),
    (b"sqlalchemy.exc.", "a database"),
    (b"SQLSTATE[", "a database"),
    (b"java.sql.SQL", "a database"),
    (b"Unclosed quotation mark after the character string", "SQL Server"),
    (b"System.Data.SqlClient.SqlException", "SQL Server"),
    (b"Microsoft OLE DB Provider for SQL Server", "SQL Server"),
    (b"quoted string not properly terminated", "Oracle"),
    (b"ORA-00933", "Oracle"),
    (b"ORA-00942", "Oracle"),
    (b"ORA-01756", "Oracle"),
)


def judge(evidence: Evidence) -> Verdict:
    response = evidence.exchange.response
    if response is None or not response.body.data:
        return SKIP
    if not evidence.answer_signs & DATABASE:
        return None
    data = response.body.data
    for message, database in _MESSAGES:
        if message in data:
            return f"an error message of {database} in an answer with status {response.status}"
    return None


CHECK = Check(
    id="sql-error",
    title="A database error in the answer",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what="""\
Reads the captured part of the answer, whatever its status, and fails when it holds an error
message that only a database or its driver writes: MySQL, PostgreSQL, SQLite, SQL Server, Oracle,
or SQLAlchemy, JDBC and PDO around them.""",
    why="""\
Such a message is the first sign that a value reached a statement unescaped, and it tells the
attacker how the statement reads. Tools that exploit SQL injection look for exactly these texts.""",
    example="""\
GET /users?name=O'Brien HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json

{"detail": "You have an error in your SQL syntax; check the manual …"}
""",
    remedy="""\
Hand values over as parameters, so that there is no error to show, and answer database errors
without their text:

```python
@app.exception_handler(SQLAlchemyError)
async def database_failed(request: Request, error: SQLAlchemyError) -> JSONResponse:
    log.error("database error", exc_info=error)
    return JSONResponse({"title": "Internal error"}, status_code=500)
```""",
    owasp="API8:2023",
    cwe=209,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
    ),
    reads=frozenset({Part.RESPONSE_BODY}),
    judge=judge,
)
