"""Text without a network: the next token from how often each occurs, and from how often it follows the one before.

Tokens are integers, below the size V of the vocabulary. Probabilities (N, V) would be far larger than the text, so each
rule tells only what is scored: that of the token which does follow, and whether it is the one that the rule would say.
"""

import math
from dataclasses import dataclass

import numpy as np

from zen_cli.baseline.base import MOST_NUMBERS, evenly, note_of
from zen_cli.baseline.classes import frequencies

Array = np.ndarray


@dataclass(frozen=True)
class Reading:
    """How well a rule foresaw a text: for each token its cross-entropy (N,), and whether it was the likeliest (N,)."""

    name: str
    losses: Array
    right: Array
    note: str = ""

    @property
    def scores(self) -> dict[str, float]:
        """Under the names of the metrics, and the mean cross-entropy as `loss`."""
        loss = float(self.losses.mean()) if self.losses.size else math.nan
        accuracy = float(self.right.mean()) if self.right.size else math.nan
        bits = loss / math.log(2)
        return {"loss": loss, "accuracy": accuracy, "perplexity": math.exp(loss), "bits_per_character": bits}


def readings(ids: Array, before: Array, after: Array, vocabulary: int) -> list[Reading]:
    """What single tokens and pairs in the training text `ids` (n,) say of each token `after` (N,) the one `before`."""
    pairs = Pairs.counted(ids, vocabulary)
    share = pairs.share
    single = Reading("token frequencies", -np.log(share[after]), after == share.argmax(), pairs.note)
    likely = pairs.likeliest[before] == after
    return [single, Reading("token pairs", -np.log(pairs.probability(before, after)), likely, pairs.note)]


@dataclass(frozen=True)
class Pairs:
    """A bigram model, smoothed as Witten and Bell 1991 do (their method C, interpolated):

        p(b | a) = (c(a, b) + T(a) p(b)) / (c(a) + T(a))

    c counts, T(a) is how many different tokens follow a, and p(b) = (c(b) + 1) / (n + V) is the `share` of a token.
    """

    share: Array  # (V,): p(b)
    codes: Array  # (pairs,): a V + b of each pair that occurs, in order
    counts: Array  # (pairs,): c(a, b)
    total: Array  # (V,): c(a)
    kinds: Array  # (V,): T(a)
    note: str

    @classmethod
    def counted(cls, ids: Array, vocabulary: int) -> "Pairs":
        """From a text (n,), n > 1; of more than ten million pairs, from evenly spaced ones."""
        places = evenly(len(ids) - 1, MOST_NUMBERS)
        before, after = ids[places].astype(np.int64), ids[places + 1].astype(np.int64)
        codes, counts = np.unique(before * vocabulary + after, return_counts=True)
        total = np.bincount(before, minlength=vocabulary)
        kinds = np.bincount(codes // vocabulary, minlength=vocabulary)
        note = note_of(len(places), len(ids) - 1, "pairs of tokens")
        return cls(frequencies(after, vocabulary), codes, counts, total, kinds, note)

    def probability(self, before: Array, after: Array) -> Array:
        """p(b | a) of tokens `after` (N,) those `before` (N,)."""
        code = before.astype(np.int64) * len(self.share) + after
        place = np.searchsorted(self.codes, code).clip(max=len(self.codes) - 1)
        seen = np.where(self.codes[place] == code, self.counts[place], 0)
        evidence = self.total[before] + self.kinds[before]
        smoothed = (seen + self.kinds[before] * self.share[after]) / np.maximum(evidence, 1)
        p: Array = np.where(evidence, smoothed, self.share[after])
        return p

    @property
    def likeliest(self) -> Array:
        """(V,): the most probable token after each; of equals, the first of those that were seen there."""
        before, after = np.divmod(self.codes, len(self.share))
        score = self.counts + self.kinds[before] * self.share[after]
        order = np.lexsort((after, -score, before))  # by the token before, the highest score first
        context, first = np.unique(before[order], return_index=True)
        best, top = order[first], self.share.argmax()
        answer = np.full(len(self.share), top)
        answer[context] = np.where(score[best] >= self.kinds[context] * self.share[top], after[best], top)
        return answer
