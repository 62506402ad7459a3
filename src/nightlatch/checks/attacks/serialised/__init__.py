"""Objects in transit: the formats that languages keep theirs in."""
