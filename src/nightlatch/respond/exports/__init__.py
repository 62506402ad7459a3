"""What was recorded, in the words of other systems, and the ways there.

One file a format; what leaves is made from records and incidents alone, which are redacted.
"""
