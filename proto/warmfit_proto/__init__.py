"""The wire format of warmfit's service: generated messages, and the one place that knows wire and engine types."""
