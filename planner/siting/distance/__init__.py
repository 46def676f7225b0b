"""Problems of distance on arrays: p-median, p-center and the capacitated p-median."""
