"""What is asked, and what do we know of it? Endpoints, posture, data classes, contracts."""
