"""Sites with room for so many: who counts needs a place at one of them."""
