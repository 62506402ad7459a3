"""What stops a service ends a command in order."""

import signal
import subprocess
import sys

import pytest
from tests.servers import PATIENCE

_SCRIPT = """
import asyncio, os, signal
from nightlatch.cli.up import asked_to_end, end_in_order, run_in_order

async def three():
    return 3

async def too_late():
    os.kill(os.getpid(), signal.SIGTERM)
    return 3

async def work():
    while True:
        # The signal finds one of them at it, and not the loop waiting.
        for _ in range(1_000):
            pass
        await asyncio.sleep(0)

async def play():
    print("begun", flush=True)
    try:
        await asyncio.gather(*(work() for _ in range(8)))
    finally:
        print("over", flush=True)

end_in_order()
handler = signal.getsignal(signal.SIGTERM)
assert run_in_order(three()) == 3
try:
    run_in_order(too_late())
except SystemExit:
    print("ended", flush=True)
assert signal.getsignal(signal.SIGTERM) is handler
with asked_to_end() as asked:
    assert not asked()
    os.kill(os.getpid(), signal.SIGINT)
    assert asked()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("who asks twice is not kept waiting")
    except KeyboardInterrupt:
        pass
assert signal.getsignal(signal.SIGTERM) is handler
run_in_order(play())
print("went on", flush=True)
"""


@pytest.mark.slow
def test_busy_tasks_are_cancelled_and_nothing_is_said() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline() == "ended\n"
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            # It plays for ever where it is not ended.
            process.kill()
        assert (process.stdout.read(), process.stderr.read()) == ("over\n", "")
