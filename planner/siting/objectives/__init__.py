"""What a plan can be best at."""
