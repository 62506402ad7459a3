"""What a text must look like for SQL to be read in it, as Hyperscan expressions.

Every sentence holds "and", "or" and quotes. So a word alone never proposes: what would have to
follow it in a statement must follow. `[\\x80-\\xff]` are the bytes of spaces beyond ASCII.
"""

from nightlatch.checks.attacks.sql.words import CALLS

_SPACE = r"[\s\x00-\x20\x80-\xff+]"
_GAP = r"(?:[\s\x00-\x20\x80-\xff(+]|/\*!?\d*|\*/|/\*[^*]*\*/|(?:--|#)[^\r\n]*[\r\n])"
_CALLED = r"\s*(?:/\*[^*]*\*/\s*)?\("
_CALL = rf"(?:{'|'.join(sorted(CALLS))}|(?:json|jsonb|pg|dbms|utl|st|xp|sys)_\w+){_CALLED}"
_NULLARY = r"(?:current_\w+|session_user|system_user|sysdate|rownum|null|true|false)\b"
_QUERY = r"(?:select|exists|case)\b"

_COMPARES = (
    r"(?:[=<>!|&^*]|[+%-][\s(]*\d|::|/\*|--|#|(?:r?like|regexp|between|div|mod|xor|union|having)\b"
    rf"|not{_SPACE}+(?:like|between|in)|in{_SPACE}*\(|is{_SPACE}+(?:not{_SPACE}+)?null"
    rf"|(?:or|and){_SPACE}*['\"\d(])"
)
_CLOSED = r"[\s\x00-\x20\x80-\xff)]*"
_NUMBER = rf"\d[\w.]*{_CLOSED}{_COMPARES}"
_STRING = rf"(?:'[^'\n]*'?|\"[^\"\n]*\"?){_CLOSED}{_COMPARES}"
_NAME = (
    r"[a-z_][\w.]*[\s)`]*"
    rf"(?:[=>]|<[^/a-z]|!=|@>|(?:not{_SPACE}+)?(?:r?like|regexp|between){_SPACE}*['\"\d(@]"
    rf"|in{_SPACE}*\(|is{_SPACE}+(?:not{_SPACE}+)?(?:null|\\n))"
)
_NO_LETTER = r"(?:[\s\x00-\x20\x80-\xff(+~!@`{.-]|\*/|/\*!\d*|/\*[^*]*\*/|(?:--|#)[^\r\n]*[\r\n])"
_AND = r"(?:(?:^|[^a-z])(?:x?or|and|not|having|where)|\|\||&&)"
_QUOTED = r"['\"][\s\x00-\x20\x80-\xff)]*"
_OPERATED = _QUOTED + r"(?:[=<!+\-*/%^&|~]|>\s*['\"=])+[\s(+\-~!]*"

PATTERNS = (
    # A quote, and a comment behind it.
    r"['\"][\s\x00-\x20\x80-\xff);]*(?:/\*|--(?:$|[^\w\-=>]|-?$|\w{1,12}(?:$|[^\w=-]))|#(?:$|[^\w\"'>]))",
    # A quote, and an operator with its operand.
    _OPERATED + r"['\"\d@]",
    _OPERATED + _CALL,
    _OPERATED + rf"\w+{_SPACE}+is{_SPACE}+(?:not{_SPACE}+)?(?:null|\\n)",
    _OPERATED + rf"(?:{_NULLARY}|{_QUERY}|\w+\s*(?:--|#|/\*))",
    _QUOTED + r"(?:\|\||&&|,)[\s(]*\w+\s*(?:\(|\|\|)",
    _QUOTED
    + (
        r"[\s\x00-\x20\x80-\xff)(/*!\d]*(?:(?:x?or|and|union|like|r?like|regexp|between|div|mod|eqv|imp)\b"
        r"|(?:in|is|not|having|where|order|group|limit|offset|sounds|procedure|into|for|lock|as"
        r"|waitfor|exec|execute|declare|begin|goto|if|select|drop|delete|insert|update|create|alter"
        r"|except|intersect)(?:[^\w'\":,]|$))"
    ),
    r"^[\w.]{0,20}`[\s\x00-\x20\x80-\xff)]*(?:--|#|/\*|,|(?:x?or|and|union|order|group|limit|where)\b)",
    # AND and OR before what decides a condition.
    rf"{_AND}{_NO_LETTER}*{_NUMBER}",
    rf"{_AND}{_NO_LETTER}*{_STRING}",
    rf"{_AND}{_NO_LETTER}+{_NAME}",
    rf"{_AND}{_NO_LETTER}+{_CALL}",
    rf"{_AND}{_NO_LETTER}+(?:{_NULLARY}|{_QUERY})",
    rf"{_AND}{_NO_LETTER}*(?:@|[!~]\(?\d)",
    r"[a-z](?:and|or)\s+\d{1,9}\s?=\s?\d",
    r"[(,]\s*\d{1,9}\s*(?:=|<>|!=|<|>|r?like)\s*\d{1,9}\s*[,)]",
    # A union, a query, a statement behind a semicolon.
    r"union[\s\x00-\x20\x80-\xff(/#\-*!\d]*(?:all|distinct|select|values|\d|/\*|#|--)",
    r"union\W*$",
    r"union.{0,80}(?:select|values|table)",
    r"\(\s*(?:select|case)\b",
    rf"waitfor{_GAP}+(?:delay|time)\b",
    r"select(?:[\s\x00-\x20\x80-\xff(+\-~!*@'\"`/.]|\d)+.{0,400}(?:from|\(|@@|--|#|/\*|,|end)",
    (
        rf";{_GAP}*(?:select|insert|update|delete|drop|create|alter|truncate|exec|execute|if"
        r"|declare|set|waitfor|begin|call|shutdown|grant|copy|print|do|handler|rename|replace|attach"
        r"|use|backup|pragma)\b"
    ),
    # Functions of databases.
    (
        r"(?:sleep|benchmark|pg_\w+|randomblob|waitfor|extractvalue|updatexml|load_file"
        r"|current_\w+|db_name|utl_\w+\.\w+|dbms_\w+\.\w+|ctxsys\.\w+|xmltype"
        r"|json_\w+|\w+name|\w*compress|coercibility|substr|substring|concat_ws"
        r"|unhex|elt|iif|row_count|make_set|gtid_sub\w+)\s*(?:/\*.{0,20}\*/\s*)?\("
    ),
    (
        r"(?:version|user|database|schema|mid|ascii|char|chr|concat|hex|exp|cast|convert)"
        r"(?:/\*.{0,20}\*/)?(?:\(|\s+\(\s*\))"
    ),
    r"@@\w",
    r"\b(?:x?or|and|not|union|select|having|where|by|from|like)\s?(?:--|#)[^\s\-#]{0,40}[\r\n]",
    rf"(?:order|group){_GAP}+by{_GAP}*(?:\d|case\b|\w+\s*\(|.{{1,60}}having)",
    rf"(?:limit|offset){_GAP}+\d+(?:,|{_GAP})+(?:\d|union|procedure|into)",
    rf"(?:procedure|into){_GAP}+(?:analyse|outfile|dumpfile)",
    rf"(?:declare|set){_GAP}+@\w",
    rf"exec(?:ute)?{_GAP}+(?:xp_|sp_|master|sys\.|@|'|immediate)",
    # A comment in the midst of a value or at its end.
    r"/\*[^,;/]{0,60}\*/",
    (
        r"(?:^|[\w)'\"]|\w\*/)[ \t\x0b\x0c\x80-\xff]{0,2}"
        r"(?:--[ \t+]{0,2}-?[ \t+]{0,2}\w{0,4}|/\*|#[ \t]?)$"
    ),
    # An operator between quotes, and nothing else.
    r"^.{0,12}'\s?(?:\W{1,3}|like|div|mod|xor|r?like|regexp)\s?'.{0,12}$",
    r"\bcase\b.{1,200}\bend\b",
    r"\)\s*from\s",
)
