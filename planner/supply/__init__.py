"""What units can do for whom: capacity, catchments, equity."""
