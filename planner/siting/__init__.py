"""Where to open, upgrade or staff units: what can be chosen, what it brings, and the proof of it."""
