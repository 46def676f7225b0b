"""What the edits of a scenario do to roads and facilities, one after the other, and when they are refused."""
