"""Covering problems on arrays: who covers whom, the best sites, their bound, and why."""
