"""Maps for paper, drawn with matplotlib and no global state."""
