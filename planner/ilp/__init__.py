"""The ILP model: present, reachable, functioning, for every life stage."""
