"""What gunicorn needs to run ASGI applications: uvicorn in a worker of its own (as the package
`uvicorn-worker` has it, which uvicorn itself no longer brings)."""

import asyncio
import signal
from typing import Any

from gunicorn.workers.base import Worker as Base
from uvicorn import Config, Server


class Worker(Base):  # type: ignore[misc]
    def init_signals(self) -> None:
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def run(self) -> None:
        config = Config(self.wsgi, log_level="critical", access_log=False, lifespan="on")
        asyncio.run(self._serve(Server(config)))

    async def _serve(self, server: Any) -> None:
        await server.serve(sockets=self.sockets)
