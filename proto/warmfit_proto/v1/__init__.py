"""Version 1 of the wire format, generated from `fitting.proto` by `make proto`."""
