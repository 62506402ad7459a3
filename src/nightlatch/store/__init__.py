"""Remember. Three ports and their backends."""
