"""Replay: the whole pipeline over a recorded stream, on virtual time. Nobody is told and no platform is asked."""
