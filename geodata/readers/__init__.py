"""One reader per kind of source; :mod:`geodata.readers.table` says which serves which file."""
