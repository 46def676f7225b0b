"""Words and numbers in the reader's language: one place for map, sheets, tables and app."""
