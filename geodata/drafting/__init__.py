"""A first AREA.yml from a folder of files: what each file is, how sure that is, and what is asked."""
