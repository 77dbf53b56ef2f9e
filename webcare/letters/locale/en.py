"""English, as it is written in Europe: 24-hour clock, day before month."""

from __future__ import annotations

from webcare.letters.redact import Secret
from webcare.letters.words import AlertWords, Plural, TimeWords, Words

_TIME = TimeWords(
    under_a_minute="less than 1 min",
    minutes="{minutes} min",
    hours="{hours} h",
    hours_minutes="{hours} h {minutes} min",
    days=Plural(one="{n} day", other="{n} days"),
    days_hours=Plural(one="{n} day and {hours} h", other="{n} days and {hours} h"),
    yesterday="yesterday {time}",
    today="today {time}",
    tomorrow="tomorrow {time}",
    date="EEE d MMM HH:mm",
)

_ALERT = AlertWords(
    left="{span} left",
    late="{span} late",
    was_late="was {span} late",
    window_closes="reply window closes in {span}",
    window_closed="time to reply there is up",
    until="until {moment}",
    was_until="was due {moment}",
    window_until="reply by {moment}",
    window_was_until="was possible until {moment}",
    where="{kind} on {channel}",
    kinds={
        "post": "post",
        "comment": "public comment",
        "mention": "mention",
        "dm": "private message",
        "review": "review",
    },
    any_kind="message",
    channels={"email": "email"},
    waits={
        "first_response": "Waiting for a first reply.",
        "next_response": "Waiting for our reply.",
        "resolution": "Not solved yet.",
        "keep_in_loop": "We promised to come back.",
        "reply_window": "After that we cannot reply there any more.",
    },
    window_over="Try at once, or find another way to the customer.",
    ended="Dealt with since.",
    also="Also: {time}. {waits}",
    urgent="urgent",
    check="please check",
    said="{name}: {quoted}",
    quoted="“{line}”",
    masked={
        Secret.EMAIL: "(email address)",
        Secret.PHONE: "(phone number)",
        Secret.IBAN: "(bank account)",
        Secret.BSN: "(bsn)",
        Secret.ADDRESS: "(address)",
        Secret.POSTCODE: "(postcode)",
        Secret.NUMBER: "(number)",
        Secret.LINK: "(link)",
    },
    told="Also told: {names}.",
    told_nobody="Nobody else knows yet.",
    told_at="{name} ({moment})",
    subject="{time}: {where}",
    subject_urgent="Urgent, {time}: {where}",
    subject_many="{cases}, {most}",
    subject_many_urgent="Urgent: {cases}, {most}",
    first_has="the first: {time}",
    some_late=Plural(one="{n} late", other="{n} late"),
    cases=Plural(one="{n} case", other="{n} cases"),
    cases_late=Plural(one="{n} case late", other="{n} cases late"),
    more=Plural(one="And {n} more case.", other="And {n} more cases."),
    open_case="Open case {case}",
    open_inbox="Open the queue",
    no_case="Case {case}",
    no_cases="There is an alert without a case. Look in the queue.",
    claim="Take the case, so that the others know that you are on it.",
)

EN = Words(locale="en_GB", time=_TIME, alert=_ALERT)
