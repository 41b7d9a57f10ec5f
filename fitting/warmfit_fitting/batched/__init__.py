"""Many columns fitted side by side: the same likelihood and the same rows, from fewer starts, with arithmetic in step.

What a column comes to does not depend on the columns beside it: its points are padded to a length that is its own, and every
number is computed from its own row of an array.
"""
