"""What the conversation adds to a message: whose words it answers, and whether those words asked for something.

"Xbox One" means nothing, unless we just asked for the console. "Nee" is a complaint after "lukt het nu?" and a courtesy after
"kunnen we verder nog iets doen?".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webcare.domain.message import Kind
    from webcare.ports.classifier import Request

_ASKED = re.compile(
    r"\?|\b(?:stuur|geef|laat|vermeld|deel|mail|dm|vul|noem|welke?|wat is|send|share|provide|confirm|let us know|tell us|reply with|"
    r"dm us|which|please (?:send|share|tell|provide|give))\b",
    re.IGNORECASE,
)
_CHECKED = re.compile(
    r"\b(?:gelukt|lukt|werkt|opgelost|geholpen|doet (?:hij|ie|het)|weer goed|probeer|working|work|works|worked|fixed|solved|resolved|"
    r"help(?:ed)?|try|better)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(r"\b(?:nog iets|verder (?:nog )?iets|anything else|something else|further)\b", re.IGNORECASE)
_READ = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    kind: Kind | None = None
    answers_us: bool = False
    answers_customer: bool = False
    we_spoke_last: bool = False
    we_asked: bool = False
    we_checked: bool = False  # "lukt het nu?"
    we_closed: bool = False  # "kan ik verder nog iets doen?"

    @classmethod
    def of(cls, request: Request) -> Context:
        replied = request.replied_to
        ours = replied.text[:_READ] if replied is not None and replied.by_us else ""
        return cls(
            kind=request.kind,
            answers_us=(replied is not None and replied.by_us) or (replied is None and request.we_spoke_last),
            answers_customer=replied is not None and not replied.by_us,
            we_spoke_last=request.we_spoke_last,
            we_asked=bool(_ASKED.search(ours)),
            we_checked=bool(_CHECKED.search(ours)),
            we_closed=bool(_ELSE.search(ours)),
        )

    def waits(self, *, said_no: bool, acknowledges: bool) -> float:
        """How likely the writer waits for us, when the words alone neither ask nor complain."""
        if self.we_closed and said_no:
            return 0.1
        if self.we_checked and said_no:
            return 0.9
        if self.we_asked:
            return (0.45 if self.we_checked else 0.7) if acknowledges else 0.85
        return 0.3 if acknowledges else 0.45
