"""A Celery application whose tasks call somebody's application, as background jobs do."""

import asyncio
import os
from pathlib import Path

import httpx
from celery import Celery
from tests.app.plain_shop import wrapped_app

_PLACE = Path(os.environ.get("CELERY_PLACE", "."))

celery_app = Celery("tasks", broker="filesystem://")
celery_app.conf.broker_transport_options = {
    "data_folder_in": str(_PLACE / "queue"),
    "data_folder_out": str(_PLACE / "queue"),
    "control_folder": str(_PLACE / "control"),
}


@celery_app.task  # type: ignore[untyped-decorator]
def look_up(number: int) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(wrapped_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            answer = await client.get(f"/v1/users/1201555{number:04}/status")
        assert answer.status_code == 200

    asyncio.run(ask())
