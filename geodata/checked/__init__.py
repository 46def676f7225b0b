"""Layers that somebody put together by hand, checked before anything is computed."""
