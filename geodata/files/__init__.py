"""Files that may be trusted: bounds, locks, CSV that stays text, strict YAML."""
