"""What people reach: the inbox, put together. A page is a class with `routes()`; `gate` stands before all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from webcare.web.alert_page import AlertPage
from webcare.web.around_page import AroundPage
from webcare.web.assets import Assets
from webcare.web.audit_page import AuditPage
from webcare.web.bulk_page import BulkPage
from webcare.web.canned_page import CannedPage
from webcare.web.case_acts import CaseActs
from webcare.web.case_page import CasePage
from webcare.web.channels_page import ChannelsPage
from webcare.web.checks_page import ChecksPage
from webcare.web.deeds_page import DeedsPage
from webcare.web.drill_page import DrillPage
from webcare.web.events import Events
from webcare.web.gate import Gate, add_headers
from webcare.web.glance import Glance
from webcare.web.login_pages import LoginPages
from webcare.web.media_page import MediaPage
from webcare.web.outbox_page import OutboxPage
from webcare.web.override_page import OverridePage
from webcare.web.pages import Pages
from webcare.web.peak_page import PeakPage
from webcare.web.people_page import PeoplePage
from webcare.web.queue_csv import QueueCsv
from webcare.web.queue_page import QueuePage
from webcare.web.reach_page import ReachPage
from webcare.web.reasons_page import ReasonsPage
from webcare.web.rota_page import RotaPage
from webcare.web.same_page import SamePage
from webcare.web.search_page import SearchPage
from webcare.web.sent_page import SentPage
from webcare.web.swap_page import SwapPage
from webcare.web.tagging_page import TaggingPage
from webcare.web.template_page import TemplatePage
from webcare.web.uploads_form import room_for_files
from webcare.web.uploads_part import UploadsPart
from webcare.web.views_page import ViewsPage

if TYPE_CHECKING:
    from webcare.web.parts import Inbox, Parts

LARGEST_FORM: Final = 256 * 1024


def create_inbox(parts: Parts, inbox: Inbox) -> web.Application:
    """Return the inbox."""
    assets = Assets()
    pages, gate, events = Pages(parts, inbox, assets), Gate(parts, inbox), Events(parts, inbox)
    case_page = CasePage(parts, inbox, pages)
    case_acts = CaseActs(parts, inbox, pages, case_page)
    UploadsPart(inbox, pages, case_page)
    same_page, tagging_page = SamePage(parts, inbox, pages, case_page), TaggingPage(parts, inbox, pages, case_page)
    app = web.Application(
        middlewares=[
            gate.greet,
            pages.errors,
            gate.transport,
            gate.session,
            room_for_files,
            gate.origin,
            gate.role,
            Glance(parts, inbox).look,
        ],
        client_max_size=LARGEST_FORM,
    )
    app.on_response_prepare.append(add_headers)
    app.on_startup.append(events.start)
    app.on_shutdown.append(events.stop)
    app.router.add_get("/static/{name}", assets.get)
    queues = (QueuePage, BulkPage, ViewsPage, QueueCsv, SearchPage)
    for page in (
        LoginPages(parts, inbox, pages),
        *(each(parts, inbox, pages) for each in queues),
        case_page,
        case_acts,
        same_page,
        tagging_page,
        AroundPage(parts, inbox, pages, case_page),
        DeedsPage(parts, inbox, pages, case_page),
        MediaPage(parts, inbox, pages, case_page),
        TemplatePage(parts, inbox, pages, case_page),
        events,
    ):
        app.router.add_routes(page.routes())
    for kind in (
        OverridePage,
        SwapPage,
        ReachPage,
        ReasonsPage,
        AlertPage,
        CannedPage,
        PeakPage,
        RotaPage,
        DrillPage,
        PeoplePage,
        ChannelsPage,
        ChecksPage,
        SentPage,
        AuditPage,
    ):
        app.router.add_routes(kind(parts, inbox, pages).routes())
    if inbox.stage is not None:
        app.router.add_routes(OutboxPage(parts, inbox, pages, inbox.stage).routes())
    return app
