"""What is known of an area: how far lists and roads can be trusted, and what may be there unseen."""
