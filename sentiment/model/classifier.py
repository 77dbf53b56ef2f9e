"""The model as a classifier: encode, cut, embed, add up, decide. It owns no thread; `sentiment.worker` gives it one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sentiment.encoding import encode
from sentiment.model.decide import decide, silence
from sentiment.model.encoder import Encoder, OnnxRunner, Tokens, read_tokenizer
from sentiment.model.explain import pulls, reasons, trial
from sentiment.trouble import ModelError, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentiment.model.encoder import Pair
    from sentiment.model.folder import Folder
    from sentiment.model.heads import Heads, Matrix
    from webcare.domain.verdict import Reason, Verdict
    from webcare.ports.classifier import Request


class ModelClassifier:
    """Classifies with the encoder of a folder. Safe to share between threads.

    Raises:
        ModelError: the encoder or the tokenizer does not load, or does not fit the heads.
    """

    def __init__(
        self, folder: Folder, heads: Heads | None = None, *, name: str | None = None, threads: int | None = None
    ) -> None:
        tokens = Tokens(read_tokenizer(folder.tokenizer), length=folder.length)
        self.encoder = Encoder(tokens, OnnxRunner(folder.encoder, threads=threads))
        self.folder = folder
        self.heads = heads if heads is not None else folder.heads
        self._name = name or folder.name
        _try_out(self.encoder, self.heads, folder)

    @property
    def name(self) -> str:
        return self._name

    def embed(self, requests: Sequence[Request]) -> Matrix:
        """Return what the heads see: (requests, size of an embedding). Pass at least one."""
        return self.encoder.embed([encode(request) for request in requests])

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        pairs = [encode(request) for request in requests]
        spoken = [pair for pair in pairs if pair[0]]
        rows = iter(self._sums(spoken).tolist() if spoken else ())
        verdicts = [
            decide(self.heads, next(rows), text, request.language_hint, self._name)
            if text
            else silence(request.language_hint, self._name)
            for request, (text, _) in zip(requests, pairs, strict=True)
        ]
        asked = [i for i, request in enumerate(requests) if request.explain and pairs[i][0]]
        for i, why in zip(asked, self._why([(pairs[i], verdicts[i]) for i in asked]), strict=True):
            verdicts[i] = replace(verdicts[i], why=why)
        return verdicts

    def _sums(self, pairs: Sequence[Pair]) -> Matrix:
        z = self.heads.logits(self.encoder.embed(pairs))
        if not np.isfinite(z).all():  # compared with a threshold, what is no number is always below: nobody would hear of it
            raise ModelError(f"the model {self._name} answered with what is no number")
        return z

    def _why(self, asked: Sequence[tuple[Pair, Verdict]]) -> list[tuple[Reason, ...]]:
        trials = [trial(*pair) for pair, _ in asked]
        if not trials:
            return []
        z = self._sums([pair for one in trials for pair in one.pairs])
        found, begin = [], 0
        for one, (_, verdict) in zip(trials, asked, strict=True):
            end = begin + len(one.pairs)
            found.append(reasons(one.words, pulls(self.heads, verdict, z[begin:end])))
            begin = end
        return found


def _try_out(encoder: Encoder, heads: Heads, folder: Folder) -> None:
    """Run one text, so that a folder whose parts do not fit one another is refused when it is loaded."""
    with refused(f"the model folder {folder.path} cannot be used: its encoder does not run"):
        size = encoder.embed([("a", "")]).shape
    if size != (1, heads.weights.shape[1]):
        raise ModelError(f"the model folder {folder.path} cannot be used: its heads were made for another encoder")
