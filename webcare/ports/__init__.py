"""What the inside asks of the outside, only where there is more than one answer."""
