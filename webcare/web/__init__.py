"""What is reached over HTTP: webhooks, health, metrics. README.md says which address answers what."""
