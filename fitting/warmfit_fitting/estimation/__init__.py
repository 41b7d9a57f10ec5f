"""How parameters are estimated: coordinates, starts, the search and its maximizer."""
