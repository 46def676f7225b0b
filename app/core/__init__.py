"""One tab: what it looks at and asks, its work in threads, and what it tells its page; no widgets."""
