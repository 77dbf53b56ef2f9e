"""What we owe a customer, and by when. `promise` is the page to read; the rest computes it from a case's log."""
