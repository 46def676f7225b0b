"""Results as files: tables, maps, PWS sheets."""
