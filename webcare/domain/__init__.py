"""Values and arithmetic. No clock, no I/O, no third-party package: time is an argument, holidays are handed in."""
