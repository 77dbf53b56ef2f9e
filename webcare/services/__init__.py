"""Verbs, one a file. Each is a unit of work over the store's queries, or drives such units; none opens a connection of its own."""
