"""The only network input and output: Overpass."""
