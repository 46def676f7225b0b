"""Lists of facilities: rows of any file, what each is, and where it stands."""
