"""Two scenarios of one area side by side, as a document."""
