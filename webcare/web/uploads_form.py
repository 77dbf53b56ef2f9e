"""What a form with files brought. Only the forms that send an answer may be large, and only of somebody who is logged in.

What comes in goes to temporary files as it comes, never whole into memory; of each no more is read than may be sent.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web

from webcare.services import uploads
from webcare.services.uploads import LARGEST, MOST, Chosen, NotTaken

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler
    from multidict import MultiDictProxy

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.connector import Upload
    from webcare.web.say import Say

FIELD: Final = "file"
MB: Final = 1024 * 1024
LONGEST_TEXT: Final = 256 * 1024  # characters: what an answer is measured and cut as, whatever files go with it
LARGEST_ANSWER: Final = (MOST + 2) * LARGEST + MB  # a little too much is refused in words, beside the text
ANSWERS: Final = re.compile(r"/cases/[0-9]{1,18}/(answer|parts)")


@web.middleware
async def room_for_files(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let an answer be larger than other forms."""
    if request.method == hdrs.METH_POST and request.content_type == "multipart/form-data" and ANSWERS.fullmatch(request.path):
        return await handler(request.clone(client_max_size=LARGEST_ANSWER))
    return await handler(request)


async def taken(form: MultiDictProxy[Any], account: ChannelAccount) -> tuple[Upload, ...]:
    """Return the files that a form brought.

    Raises:
        NotTaken: one of them cannot go along.
    """
    brought = [one for one in form.getall(FIELD, []) if isinstance(one, web.FileField)]
    if not brought:
        return ()
    if not uploads.are_offered(account.spec):
        raise NotTaken(uploads.Why.NOT_HERE)
    return await asyncio.to_thread(uploads.take, [Chosen(name=one.filename, read=one.file.read) for one in brought])


def close(form: MultiDictProxy[Any]) -> None:
    """Let go of the temporary files of a form, in whatever field, however it went."""
    for one in form.values():
        if isinstance(one, web.FileField):
            one.file.close()


def sentence(refused: NotTaken, say: Say) -> str:
    """Say why a file cannot go along, and what to do."""
    words = say.words.uploads
    return words.refused[refused.why.value].format(name=refused.name or words.nameless, most=MOST, mb=LARGEST // MB)
