"""What lasts, and who must know? Incidents and alerts."""
