"""The map: a Folium page, and the bridge between it and Python."""
