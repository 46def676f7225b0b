"""Many kabupaten with the code of one: tiles with a halo, on a Dask cluster, gathered again."""
