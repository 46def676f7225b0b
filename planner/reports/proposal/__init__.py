"""The documents that an office takes up the chain: proposal, staff memo and one-page answer."""
