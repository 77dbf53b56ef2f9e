"""Every page, once: what is true of all of them is tested over this list. A new page is a line here."""

from __future__ import annotations

from dataclasses import dataclass

from crowd_of_a_day import MOST_URGENT


@dataclass(frozen=True)
class Place:
    """`path` may name a customer in braces: the number of their case; `{letter}` is that of the digest, `{alert}` the link of a message,
    `{peak}` the number of a peak, `{ways}` and `{template}` of cases on a platform that says what it takes.

    `who` is logged in, or nobody. `opens` are the parts that are folded away until somebody opens them.
    """

    name: str
    path: str
    who: str | None = "noor"
    status: int = 200
    opens: str = ""

    def __str__(self):
        return self.name

    def address(self, day):
        for customer, case in day.cases.items():
            if f"{{{customer}}}" in self.path:
                return self.path.replace(f"{{{customer}}}", str(case))
        return (
            self.path.replace("{letter}", str(day.letter_number))
            .replace("{alert}", day.alert_path)
            .replace("{peak}", str(day.peak_number))
            .replace("{ways}", str(day.ways_number))
            .replace("{template}", str(day.template_number))
        )


PLACES = [
    Place("login", "/login", who=None),
    Place("login-english", "/login?lang=en", who=None),
    Place("welcome", "/welcome/link-newcomer", who=None),
    Place("welcome-used", "/welcome/gone", who=None, status=410),
    Place("alert", "{alert}", who=None),
    Place("alert-pass-on", "{alert}?pass=1", who=None),
    Place("alert-of-another", "{alert}", who="sanne"),
    Place("alert-none", "/a/none", who=None, status=404),
    Place("queue", "/"),
    Place("queue-english", "/", who="daan"),
    Place("queue-auditor", "/", who="ada"),
    Place("queue-filtered", "/?channel=whatsapp%3Ameerkoet"),
    Place("queue-by-risk", "/?sort=risk"),
    Place("queue-nothing-found", "/?q=zeepaardje"),
    Place("queue-empty-filter", "/?intent=praise&late=1"),
    Place("search", "/search?q=storing"),
    Place("search-nothing-found", "/search?q=zeepaardje", who="daan"),
    Place("search-begun", "/search"),
    Place("case", f"/cases/{{{MOST_URGENT}}}"),
    Place("case-why-read-so", f"/cases/{{{MOST_URGENT}}}/messages/1/why"),
    Place("case-of-mine", "/cases/{Jelle Postma}"),
    Place("case-of-another", "/cases/{Ruben van Dalen}"),
    Place("case-private", "/cases/{Daniel O'Connor}", who="daan"),
    Place("case-ways", "/cases/{ways}", opens=".deeds"),
    Place("case-ways-english", "/cases/{ways}", who="daan", opens=".deeds"),
    Place("case-template", "/cases/{template}", opens=".deeds"),
    Place("case-looked-up", "/cases/{Jelle Postma}?same=%231"),
    Place("case-auditor", "/cases/{Ruben van Dalen}", who="ada"),
    Place("checks", "/checks"),
    Place("checks-auditor", "/checks", who="ada"),
    Place("checks-done", "/checks?done=missed&case=1", who="daan"),
    Place("canned", "/canned", who="sanne"),
    Place("canned-nothing-kept", "/canned"),
    Place("rota", "/rota"),
    Place("rota-lead", "/rota", who="sanne"),
    Place("rota-level", "/rota/oncall", who="sanne"),
    Place("rota-level-that-may-go", "/rota/next", who="sanne"),
    Place("override", "/rota/override?level=next&person=noor", who="sanne"),
    Place("override-gone", "/rota/override/1", who="sanne", status=404),
    Place("swap", "/rota/swap"),
    Place("swap-english", "/rota/swap", who="daan"),
    Place("swap-lead", "/rota/swap", who="sanne"),
    Place("reach", "/me/reach"),
    Place("reach-nothing-there", "/me/reach", who="ada"),
    Place("reach-of-another", "/people/noor/reach", who="ilse"),
    Place("drill", "/drill", who="sanne"),
    Place("queue-peak", "/?peak={peak}"),
    Place("peaks", "/peaks"),
    Place("peak", "/peaks/{peak}", who="sanne"),
    Place("peak-new", "/peaks/new", who="sanne"),
    Place("people", "/people", who="ilse"),
    Place("people-lead", "/people", who="sanne"),
    Place("outbox", "/outbox"),
    Place("channels", "/channels", who="sanne"),
    Place("sent", "/sent", who="daan"),
    Place("sent-nothing-found", "/sent?kind=letter&failed=1"),
    Place("letter", "/sent/letters/{letter}", who="sanne"),
    Place("letter-alone", "/sent/letters/{letter}/html", who="sanne"),
    Place("audit", "/audit", who="ada"),
    Place("audit-admin", "/audit?by=nobody", who="ilse"),
    Place("me", "/me"),
    Place("error", "/cases/999999", status=404),
]
