"""Applications with telemetry, run by themselves: `python -m … WHICH PORT`.

`opentelemetry` has OpenTelemetry's own instrumentation, SDK and exporter, `apitally` Apitally's
SDK; both are told by their environment where to send.
"""

import logging
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request


def shop() -> FastAPI:
    app = FastAPI()

    @app.get("/v1/users/{phone}/status")
    async def status(phone: str, request: Request) -> dict[str, Any]:
        # What applications log inside of a request is no request.
        logging.getLogger("shop").warning("asked for a status")
        # An access record: what it says of the request is in its attributes.
        access = {"http.request.method": "GET", "url.path": "/logged", "client.address": "::1"}
        told = {**access, "http.response.status_code": 200}
        logging.getLogger("access").warning("GET /logged", extra=told)
        return {"phone": phone, "registered": True}

    @app.post("/v1/login", status_code=401)
    async def login(request: Request) -> dict[str, str]:
        await request.body()
        return {"error": "no"}

    @app.get("/v1/fails")
    async def fails() -> None:
        raise RuntimeError("nobody catches this")

    return app


def with_opentelemetry(app: FastAPI) -> Any:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
    FastAPIInstrumentor.instrument_app(app)
    return app


def with_apitally(app: FastAPI) -> Any:
    import apitally

    apitally.init(
        app,
        capture_request_headers=True,
        capture_request_body=True,
        capture_response_body=True,
    )

    @app.middleware("http")
    async def consumer(request: Request, call_next: Any) -> Any:
        apitally.set_consumer(request.headers.get("x-account", ""))
        return await call_next(request)

    return app


if __name__ == "__main__":
    which = {"opentelemetry": with_opentelemetry, "apitally": with_apitally}[sys.argv[1]]
    uvicorn.run(which(shop()), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
