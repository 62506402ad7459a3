"""What shall we do? Grades and decisions, from values to values."""
