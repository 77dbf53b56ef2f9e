"""webcare: every question and complaint on social media answered before its response target runs out."""

__version__ = "0.1.0"
