"""What the daily letter says of the machine, in each language: that another model answers, and how much is missed.

What is checked is a few messages of each week, drawn by chance: domain/checks.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningWords:
    """`{by}` is who did it; shares come with their sign, `{n}` counts messages that people corrected or looked at.

    `{parts}` are some of those from `needs_response` to `sureness`.
    """

    title: str
    learned: Plural
    missed_less: str
    missed_same: str
    cost: str
    gained: str
    not_better: Plural
    lost: str
    needs_response: str
    intents: str
    sentiment: str
    urgency: str
    sureness: str
    outdated: str
    back: str
    chosen: str
    builtin: str
    folder: str
    rules: str
    refit: str
    how_back: str
    checked: Plural
    checked_whole: Plural
    checked_none: str
    waiting: Plural


NL = LearningWords(
    title="Wat webcare leert",
    learned=Plural(
        one="Het model heeft geleerd van {n} bericht dat jullie verbeterden, en antwoordt sinds {moment} zo.",
        other="Het model heeft geleerd van {n} berichten die jullie verbeterden, en antwoordt sinds {moment} zo.",
    ),
    missed_less="Van wie antwoord nodig heeft, vindt het er nu {after} in plaats van {before}.",
    missed_same="Van wie antwoord nodig heeft, vindt het er nog steeds {after}.",
    cost="Wat fouten kosten, per bericht en geteld in valse meldingen: {after}, was {before}.",
    gained="Op wat jullie het laatst verbeterden, is beter: {parts}.",
    not_better=Plural(
        one="Het model is opnieuw geoefend met {n} verbeterd bericht en werd er niet beter van. Het oude blijft.",
        other="Het model is opnieuw geoefend met {n} verbeterde berichten en werd er niet beter van. Het oude blijft.",
    ),
    lost="Slechter zou zijn: {parts}.",
    needs_response="wie antwoord nodig heeft",
    intents="vraag, klacht, lof of beleefdheid",
    sentiment="sentiment",
    urgency="urgentie",
    sureness="hoe zeker het is",
    outdated="Wat het model van jullie leerde, telt niet meer: een update bracht een nieuw model. Leer het opnieuw: webcare model train.",
    back="{by} heeft het vorige model teruggezet ({moment}): {model}.",
    chosen="{by} heeft een ander model gekozen ({moment}): {model}.",
    builtin="het model van webcare zelf",
    folder="een eigen model",
    rules="de woordregels, zonder model",
    refit="het model dat van jullie leerde",
    how_back="Terug kan altijd: webcare model use previous.",
    checked=Plural(
        one="Van wat geen antwoord nodig leek, is naar schatting {share} gemist: {low} tot {high}, over {n} bericht in vier weken.",
        other="Van wat geen antwoord nodig leek, is naar schatting {share} gemist: {low} tot {high}, over {n} berichten in vier weken.",
    ),
    checked_whole=Plural(
        one="Van wat geen antwoord nodig leek, is {share} gemist: het ene bericht van vier weken is nagekeken.",
        other="Van wat geen antwoord nodig leek, is {share} gemist: alle {n} berichten van vier weken zijn nagekeken.",
    ),
    checked_none="Hoeveel er gemist wordt, is niet te zeggen: niemand heeft nog iets nagekeken.",
    waiting=Plural(
        one="{n} bericht van vorige week is nog na te kijken.", other="{n} berichten van vorige week zijn nog na te kijken."
    ),
)

EN = LearningWords(
    title="What webcare learns",
    learned=Plural(
        one="The model has learned from {n} message that you corrected, and answers so since {moment}.",
        other="The model has learned from {n} messages that you corrected, and answers so since {moment}.",
    ),
    missed_less="Of those who need an answer it now finds {after} instead of {before}.",
    missed_same="Of those who need an answer it still finds {after}.",
    cost="What mistakes cost, a message and counted in false alarms: {after}, was {before}.",
    gained="On what you corrected last it is better at: {parts}.",
    not_better=Plural(
        one="The model was trained again with {n} corrected message and did not become better. The old one stays.",
        other="The model was trained again with {n} corrected messages and did not become better. The old one stays.",
    ),
    lost="It would be worse at: {parts}.",
    needs_response="who needs an answer",
    intents="question, complaint, praise or courtesy",
    sentiment="sentiment",
    urgency="urgency",
    sureness="how sure it is",
    outdated="What the model learned from you counts no more: an upgrade brought a new model. Teach it again: webcare model train.",
    back="{by} put the previous model back ({moment}): {model}.",
    chosen="{by} chose another model ({moment}): {model}.",
    builtin="that of webcare itself",
    folder="a model of your own",
    rules="the word rules, without a model",
    refit="the model that learned from you",
    how_back="There is always a way back: webcare model use previous.",
    checked=Plural(
        one="Of what seemed to need no answer {share} was missed, estimated over {n} message in four weeks: between {low} and {high}.",
        other="Of what seemed to need no answer {share} was missed, estimated over {n} messages in four weeks: between {low} and {high}.",
    ),
    checked_whole=Plural(
        one="Of what seemed to need no answer {share} was missed: the one message of four weeks was checked.",
        other="Of what seemed to need no answer {share} was missed: all {n} messages of four weeks were checked.",
    ),
    checked_none="How much is missed cannot be said: nobody has checked anything yet.",
    waiting=Plural(one="{n} message of last week is left to check.", other="{n} messages of last week are left to check."),
)

LANGUAGES = {"nl": NL, "en": EN}
