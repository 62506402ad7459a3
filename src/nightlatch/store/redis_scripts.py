"""What Redis does in one step, and how its keys are named.

The first write of each script is one that a full Redis denies: after another one, such as UNLINK,
it would let the script go on and fill it further.
"""

from nightlatch.store.redis_questions import Script
from nightlatch.store.sketch import EXACT_UP_TO

_GRACE = 60.0
"""Seconds that Redis keeps an entry beyond its end, for clocks that are behind its own."""


def name_of(key: str) -> bytes:
    """The hash tag that all keys of one name begin with."""
    return b"{nl:" + key.encode("utf-8", "surrogatepass") + b"}"


def keep_for(ttl: float) -> int:
    """Milliseconds after which Redis may forget an entry by itself."""
    return max(1, int((ttl + _GRACE) * 1_000))


def signed(member: int) -> int:
    """Redis keeps small sets of signed 64-bit numbers in eight bytes each."""
    return member - 2**64 if member >= 2**63 else member


_TAKE_IN = f"""
local function take_in(ends, set, sketch, now, new_ends, keep, first)
  local old = redis.call('GET', ends)
  if not old or tonumber(old) <= tonumber(now) then
    redis.call('SET', ends, new_ends, 'PX', keep)
    redis.call('UNLINK', set, sketch)
    old = new_ends
  end
  if first > #ARGV then
    if redis.call('EXISTS', sketch) == 1 then return redis.call('PFCOUNT', sketch), old end
    return redis.call('SCARD', set), old
  end
  local left = redis.call('PTTL', ends)
  if redis.call('EXISTS', sketch) == 1 then
    redis.call('PFADD', sketch, unpack(ARGV, first))
    return redis.call('PFCOUNT', sketch), old
  end
  redis.call('SADD', set, unpack(ARGV, first))
  local count = redis.call('SCARD', set)
  if count <= {EXACT_UP_TO} then
    redis.call('PEXPIRE', set, left)
    return count, old
  end
  redis.call('PFADD', sketch, unpack(redis.call('SMEMBERS', set)))
  redis.call('PEXPIRE', sketch, left)
  redis.call('UNLINK', set)
  return redis.call('PFCOUNT', sketch), old
end
"""

ADD_DISTINCT = Script(
    _TAKE_IN
    + """
return (take_in(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3], 4))
"""
)
"""KEYS: end, set, sketch. ARGV: now, end if it is new, milliseconds to keep it, members…"""

MERGE = Script(
    _TAKE_IN
    + """
local found, windows = {}, #KEYS / 3
for i = 0, windows - 1 do
  local count, ends = take_in(KEYS[3 * i + 1], KEYS[3 * i + 2], KEYS[3 * i + 3],
    ARGV[1], ARGV[2 * i + 2], ARGV[2 * i + 3], 2 * windows + 2)
  found[2 * i + 1], found[2 * i + 2] = count, ends
end
return found
"""
)
"""The same for several windows. KEYS: end, set, sketch of each. ARGV: now, (end if it is new,
milliseconds to keep it) of each, members… Answers [count, end, count, end, …]."""

COUNT_DISTINCT = Script("""
local ends = redis.call('GET', KEYS[1])
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then return 0 end
if redis.call('EXISTS', KEYS[3]) == 1 then return redis.call('PFCOUNT', KEYS[3]) end
return redis.call('SCARD', KEYS[2])
""")
"""KEYS: end, set, sketch. ARGV: now."""

INCREMENT = Script("""
local ends = redis.call('HGET', KEYS[1], 'e')
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'e', ARGV[2], 'n', 0)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HINCRBY', KEYS[1], 'n', ARGV[4])
""")
"""KEYS: counter. ARGV: now, end if it is new, milliseconds to keep it, by how much."""

CLEAR = Script("return redis.call('UNLINK', unpack(KEYS))")

GCRA = Script("""
local now, interval, burst, cost = unpack(ARGV)
now, interval, burst = tonumber(now), tonumber(interval), tonumber(burst)
local due = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local after = due + interval * tonumber(cost)
local wait = after - burst * interval - now
if wait > 0 then return tostring(wait) end
local keep = math.ceil((after - now) * 1000) + 60000
redis.call('SET', KEYS[1], string.format('%.17g', after), 'PX', keep)
return '0'
""")
"""The generic cell rate algorithm (ITU-T I.371). KEYS: limit. ARGV: now, seconds for each request,
how many may come at once, how many come. Answers the seconds to wait, 0 when they may pass."""

PACE = Script("""
local now, interval, bound, cost = unpack(ARGV)
now = tonumber(now)
local due = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local after = math.min(due + tonumber(interval) * tonumber(cost), now + tonumber(bound))
after = string.format('%.17g', after)
redis.call('SET', KEYS[1], after, 'PX', math.ceil(tonumber(bound) * 1000) + 60000)
return after
""")
"""The same where what was asked for is told afterwards, refused or not. KEYS: limit. ARGV: now,
seconds for each request, how far ahead the moment may lie, how many came. Answers the moment."""

ADD_NEWS = Script("""
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'p', ARGV[1], 'n', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[4])
""")
"""KEYS: stream. ARGV: who tells it, news, how many to keep, milliseconds to keep them."""
