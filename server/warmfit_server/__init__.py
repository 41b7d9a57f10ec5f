"""The service: a Ray Serve application that fits summaries on warm workers, spoken to by gRPC."""
