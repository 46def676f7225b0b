"""Where something may be done: candidate places, the site rules they are held against, mobile stops."""
