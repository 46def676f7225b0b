"""From roads to a network that can be searched, for each mode and season, with or without edits."""
