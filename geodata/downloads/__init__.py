"""The only network input and output: a catalogue of open sources, one client, and what is made of them."""
