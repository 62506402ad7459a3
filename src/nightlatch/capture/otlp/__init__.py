"""OpenTelemetry's traces and logs (OTLP/HTTP): server spans and access records as exchanges."""
