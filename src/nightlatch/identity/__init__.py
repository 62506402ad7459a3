"""Who asks? Client addresses, credentials and the circles a caller belongs to."""
