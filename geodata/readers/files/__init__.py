"""Files of any accepted kind, opened; nothing here knows what their columns mean."""
