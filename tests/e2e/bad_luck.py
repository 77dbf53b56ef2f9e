"""What platforms do to whoever asks them: limits in each of their shapes, answers that get lost, hours in which nothing works."""

from __future__ import annotations

import json
from dataclasses import dataclass

from four_platforms import FACEBOOK, INSTAGRAM, PLATFORMS, TWITTER, WHATSAPP

MANY = 500  # calls
AT_X = ("limit-legacy", "limit-problem", "limit-mixed")
AT_META = {FACEBOOK: (4, 17, 32, 613, 80001, 80006), INSTAGRAM: (4, 613, 80002)}
AT_WHATSAPP = (4, 80007, 130429, 131056)
BROKEN_X = ("html", "empty", "server", "truncated", "page", "nothing", "drop")
BROKEN_META = ("html", "truncated", "empty", "hang_up")
BROKEN_WHATSAPP = ("html", "empty", "drop_before", "drop_after")
LOST = {  # answers that get through without our hearing of it, and some that do not
    TWITTER: [
        {"kind": kind, "path": "/2/tweets", "method": "POST"} for kind in ("lose", "drop", "nameless", "nothing", "server")
    ],
    FACEBOOK: [{"kind": kind, "method": "POST", "where": "/comments"} for kind in ("lost_answer", "hang_up", "no_id", "html")],
    INSTAGRAM: [{"kind": kind, "method": "POST", "where": "/replies"} for kind in ("lost_answer", "hang_up", "no_id", "html")],
    WHATSAPP: [{"kind": kind} for kind in ("drop_after", "drop_before", "no_id", "cut_off", "html")],
}


@dataclass
class BadLuck:
    """Draws what goes wrong; each fault waits for the next call that it fits."""

    four: object
    rng: object

    async def limit_somebody(self):
        platform = self.rng.choice(PLATFORMS)
        if platform == TWITTER:
            kind, reset = self.rng.choice(AT_X), self.rng.choice(["ahead", "ahead", "past", "none"])
            await self.four.play(TWITTER, "fault", kind=kind, reset=reset)
        elif platform == WHATSAPP:
            await self.four.play(WHATSAPP, "faults", kind="error", code=self.rng.choice(AT_WHATSAPP))
        else:
            code = self.rng.choice(AT_META[platform])
            use = json.dumps({"1": [{"type": "pages", "call_count": 101, "estimated_time_to_regain_access": 3}]})
            error = {"message": f"(#{code}) limit", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
            headers = {} if self.rng.random() < 0.3 else {"X-Business-Use-Case-Usage": use}
            await self.four.play(platform, "fault", kind="error", error=error, headers=headers)

    async def lose_an_answer(self):
        platform = self.rng.choice(PLATFORMS)
        step = "faults" if platform == WHATSAPP else "fault"
        await self.four.play(platform, step, **self.rng.choice(LOST[platform]))

    async def break_x(self, *, hangs=False):
        self.repair(TWITTER)
        if hangs:
            await self.four.play(TWITTER, "fault", kind="hang", method="GET", times=2)
        await self.four.play(TWITTER, "fault", kind=self.rng.choice(BROKEN_X), times=MANY)

    async def break_meta(self):
        self.repair(INSTAGRAM, WHATSAPP)
        await self.four.play(INSTAGRAM, "fault", kind=self.rng.choice(BROKEN_META), times=MANY)
        await self.four.play(WHATSAPP, "faults", kind=self.rng.choice(BROKEN_WHATSAPP), times=MANY)

    def repair(self, *platforms):
        for platform in platforms:
            self.four.world(platform).faults.clear()
