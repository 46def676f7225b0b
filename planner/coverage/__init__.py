"""Who is reached, in which village, and why not."""
