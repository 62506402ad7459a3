"""The pages: one router per subject, each a few routes and a template."""
