"""What the operator's `[[channel]]` table says of a WhatsApp number."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the operator's `[[channel]]` table says."""

    phone_number_id: str = field(
        metadata={"help": "the id of our number, as Meta's WhatsApp Manager shows it (no telephone number)"}
    )
    base_url: str = field(default="https://graph.facebook.com", metadata={"help": "the host of the Graph API"})
    version: str = field(default="v26.0", metadata={"help": "the version of the Graph API; each lives about two years"})
