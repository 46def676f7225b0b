"""What units are and can do for whom: staff, jejaring, stages, capacity, catchments, equity."""
