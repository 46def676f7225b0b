"""Villages lifted to served: the problem on arrays, plans, and what no plan can beat."""
