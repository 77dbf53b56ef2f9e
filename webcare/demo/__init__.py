"""A fictional brand and three days of what its customers wrote, for `make demo`."""
