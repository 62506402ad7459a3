"""After the table: the attack goes on slowly, so that a person can close the door and watch."""

import asyncio
from collections import deque

from nightlatch.workbench.demo.cast import attack_addresses, make_cast
from nightlatch.workbench.demo.theatre import Stage, open_session
from nightlatch.workbench.demo.traffic import Traffic

STEPS_PER_SECOND = 20


async def encore(stage: Stage, attempts: int) -> None:
    """Send the attack and the honest life around it at a pace that eyes can follow, until
    cancelled."""
    cast = make_cast(attempts)
    addresses = deque(attack_addresses(10_000))
    async with open_session() as session:
        while True:
            # Another address for each number than in the round before: nobody asks twice.
            addresses.rotate(3_331)
            for step in Traffic(stage.api, cast, session).attack(addresses):
                await step()
                await asyncio.sleep(1 / STEPS_PER_SECOND)
