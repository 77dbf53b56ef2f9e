"""The word rules: what decides until a model is installed, and what stays when a model fails."""

from __future__ import annotations

from sentiment.rules.classifier import RuleClassifier

__all__ = ["RuleClassifier"]
