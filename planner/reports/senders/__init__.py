"""Findings as they go back to the senders of lists, and their answers."""
