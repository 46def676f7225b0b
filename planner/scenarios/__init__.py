"""What is asked: modes of travel, standards, edits and the scenario that holds them."""
