"""Travel times between places on the network: nearest, within a limit, whole tables, paths and areas."""
