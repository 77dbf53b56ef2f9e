"""Where X keeps pictures: those of posts lie open to everybody, those of direct messages want a signature of ours."""

from __future__ import annotations

OPEN = frozenset({"pbs.twimg.com", "video.twimg.com"})
SIGNED = frozenset({"ton.twitter.com", "ton.x.com", "api.x.com", "api.twitter.com"})
