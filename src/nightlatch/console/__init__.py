"""Show. The REST API, the pages and the live stream."""
