"""Maps: one Folium page that opens with no network."""
