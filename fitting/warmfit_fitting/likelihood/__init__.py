"""The one likelihood: weighted points and cells taken from a summary, and the bounded log-likelihood on them."""
