"""One file a language: phrases and nothing else."""
