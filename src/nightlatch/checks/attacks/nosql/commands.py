"""Commands of line-based stores (Redis, Memcached) that a value smuggles in with line ends."""

import re

_PROTOCOL = re.compile(r"\*\d{1,3}\r?\n\$\d{1,7}\r?\n[^\r\n]{1,40}\r?\n")
"""An array of bulk strings (RESP, redis.io/docs/reference/protocol-spec)."""
_COMMAND = re.compile(
    r"""[\r\n]++[ \t]*+(?:
        (?:config\s++set|slaveof|replicaof|module\s++load|script\s++load|debug\s++segfault)\s++\S
      | (?:flushall|flushdb|flush_all|bgsave|bgrewriteaof|shutdown\s++nosave)\b
      | (?:eval|evalsha)\s++(?:["'].*?["']|\S++)\s++\d
      | (?:set|add|replace|append|prepend|cas)\s++\S{1,250}+\s++\d++\s++\d++\s++\d++[ \t]*+[\r\n]
      | (?:set|getset|lpush|rpush|sadd|hset)\s++\S{1,250}+\s++[^\r\n]{1,250}+[\r\n]++
        (?:set|save|quit|config|bgsave|expire|slaveof|get|exec)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_LONG = 600


def commands_in(text: str) -> int:
    """Certainty that the lines are commands."""
    if _PROTOCOL.search(text):
        return 90
    if not _COMMAND.search(text):
        return 0
    # Notes about a store quote its commands; a smuggled command comes with little around it.
    return 75 if "\r" in text and len(text) < _LONG else 35
