"""Files on the page of a case: what the composer offers, and what stands beside a reply that has some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.services import uploads
from webcare.services.uploads import LARGEST, MOST, TYPES
from webcare.web.here import HERE
from webcare.web.uploads_form import FIELD, MB

if TYPE_CHECKING:
    from aiohttp import web

    from webcare.services.case_file import CaseFile
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox
    from webcare.web.say import Say

KB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The field of the composer in which files are chosen."""

    name: str
    accept: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that went with a reply, or is about to."""

    name: str
    size: str


class UploadsPart:
    """What the page of a case shows of files."""

    def __init__(self, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._inbox = inbox
        self._pages = pages
        case_page.more.append(self.values)

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return the field, where files can go along, and the files of each reply by its number."""
        speech = self._pages.say(request[HERE])
        account = next((one for one in self._inbox.channels() if one.id == file.row.channel), None)
        found = await self._inbox.door.read(uploads.of_replies, [one.id for one in file.talk.replies])
        field = None
        if uploads.are_offered(None if account is None else account.spec):
            hint = speech.words.uploads.hint.format(most=MOST, mb=LARGEST // MB)
            field = Field(name=FIELD, accept=",".join(sorted(TYPES)), hint=hint)
        sent = {
            number: [FileView(name=one.name or speech.words.uploads.nameless, size=size(one.size, speech)) for one in files]
            for number, files in found.items()
        }
        return {"upload_field": field, "sent_files": sent}


def size(number: int, say: Say) -> str:
    """Say how large a file is."""
    return f"{say.decimal(number / MB)} MB" if number >= MB else f"{max(1, round(number / KB))} kB"
