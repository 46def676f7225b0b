"""A document as values, and its writers: Word, PDF and HTML say the same."""
