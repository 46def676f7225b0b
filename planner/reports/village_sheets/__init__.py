"""The PWS sheet of a village: its facts and its map, on paper (a PDF a kecamatan) and as a page of HTML."""
