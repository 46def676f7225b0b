"""A study area kept warm, and the questions put to it; no widgets, no sessions."""
