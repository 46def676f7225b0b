"""Plans on arrays where travel times, people and the season are uncertain: best expected, best worst case."""
