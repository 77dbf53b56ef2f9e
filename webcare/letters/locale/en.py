"""English, as it is written in Europe: 24-hour clock, day before month."""

from __future__ import annotations

from webcare.letters.redact import Secret
from webcare.letters.words import AlertWords, HouseWords, NewsWords, Plural, TimeWords, Words

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
    meant_for="Meant for {name}, who could not be reached.",
)

_HOUSE = HouseWords(
    reason="Reason: {reason}",
    trouble={
        "failing": NewsWords(
            subject="No connection: {name}",
            means="New messages come in late. We keep trying.",
            todo="See whether the platform has an outage, else look at our own network.",
        ),
        "stopped": NewsWords(
            subject="Access lost: {name}",
            means="Nothing comes in and no reply goes out. Replies are kept until it works again.",
            todo="Renew the token or the permissions. Webcare tries again every 15 minutes.",
        ),
        "silent": NewsWords(
            subject="Unusually silent: {name}",
            means="No customer has been heard there for longer than is normal at this hour.",
            todo="Write something there yourself. If it does not come in, look at the webhook and the permissions of the app.",
        ),
        "spent": NewsWords(
            subject="Reading budget used up: {name}",
            means="Nothing more is read there this month (UTC). Replies still go out.",
            todo="Watch the platform yourself, or raise the budget in the settings.",
        ),
        "expiring": NewsWords(
            subject="Access ends soon: {name}",
            means="After that nothing comes in and no reply goes out.",
            todo="Renew the token now.",
        ),
        "recovered": NewsWords(
            subject="Works again: {name}",
            means="What waited is read and sent now.",
            todo="There is nothing left to do.",
        ),
    },
    since={
        "failing": "Since {moment}.",
        "stopped": "Since {moment}.",
        "silent": "Since {moment}.",
        "spent": "Since {moment}.",
        "expiring": "It ends {moment}.",
        "recovered": "The trouble began {moment}.",
    },
    reply={
        "refused": NewsWords(
            subject="Reply not sent: case {case} on {channel}",
            means="The customer still waits, and the clock runs on.",
            todo="Open the case and change the reply, or find another way to the customer.",
        ),
        "withdrawn": NewsWords(
            subject="Reply did not arrive after all: case {case} on {channel}",
            means="The platform took it and could not deliver it. The customer still waits, and the clock runs on.",
            todo="Open the case and send it again, or find another way to the customer.",
        ),
        "unconfirmed": NewsWords(
            subject="Reply perhaps not sent: case {case} on {channel}",
            means="Nobody can say whether it arrived. It does not go out again by itself, and the clock runs on.",
            todo="See on the platform whether it is there, and say in the case whether to send it again.",
        ),
    },
)

EN = Words(locale="en_GB", time=_TIME, alert=_ALERT, house=_HOUSE)
