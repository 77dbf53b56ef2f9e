"""WhatsApp Business, by Meta's Cloud API: webhooks in; texts, templates and files out."""

from __future__ import annotations

from datetime import timedelta

from connectors.meta import handshake, verify
from connectors.whatsapp.client import Client
from connectors.whatsapp.reading import read, split
from connectors.whatsapp.refusals import explain
from connectors.whatsapp.settings import Config
from connectors.whatsapp.shapes import KIND
from connectors.whatsapp.ways import WINDOW, ways
from webcare.ports.connector import Capability, Consent, Limits, Spec

connector = Spec(
    kind=KIND,
    called="WhatsApp",
    config=Config,
    account="phone_number_id",
    secrets=("access_token", "app_secret", "verify_token"),
    capabilities=frozenset(
        {
            *(Capability.SEND, Capability.PREFLIGHT, Capability.WEBHOOK),
            *(Capability.TEMPLATE, Capability.UPLOAD, Capability.FETCH),
        }
    ),
    pace=timedelta(minutes=1),
    # https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages and /guides/send-messages#customer-service-windows
    limits=Limits(length=4096, reply_window=WINDOW),
    simulator="connectors.whatsapp.simulator:create_app",
    split=split,
    read=read,
    explain=explain,
    client=Client,
    handshake=handshake,
    verify=verify,
    ways=ways,
    own_hosts=frozenset({"lookaside.fbsbx.com"}),  # where Meta keeps files: they are given to whoever shows the token
    # https://developers.facebook.com/docs/whatsapp/business-management-api/get-started#system-user-access-tokens
    consent=Consent(
        address="https://business.facebook.com/settings/system-users",
        steps=(
            "Make a system user, and assign the app and the WhatsApp account to it with full control.",
            "Generate a token of that user that never expires, with whatsapp_business_messaging and whatsapp_business_management.",
            "The app secret stands in the app's dashboard under App settings, Basic.",
        ),
        made_here=frozenset({"verify_token"}),
    ),
)
