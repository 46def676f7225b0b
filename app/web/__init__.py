"""The server: pages, sign-in, safety, and the commands that start it."""
