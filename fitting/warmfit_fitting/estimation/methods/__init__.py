"""Estimation methods beside maximum likelihood: maximum spacing, moments, and the rule that chooses."""
