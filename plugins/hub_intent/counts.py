"""Examples as a matrix of grams: counted once, then weighed anew for each part that is trained on."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from hub_intent.grams import WORD, grams, is_single
from hub_intent.model import Array

MANY = 2000
"""Examples from which a gram must stand in two of them: one that was seen once teaches little and costs room. Pieces
that stand in most of them are left out then, too: they teach little and cost time."""
MOST = 0.3
"""The share of examples that such a piece stands in."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`counts`: examples by grams, in the order of `names`. `words` and `singles` say of each gram whether it is of
    words, and whether it is one word."""

    names: tuple[str, ...]
    counts: csr_matrix
    words: Array
    singles: Array

    @staticmethod
    def of(texts: Sequence[str]) -> Counted:
        """The grams of all texts."""
        places: dict[str, int] = {}
        columns, values, ends = array("q"), array("d"), array("q", [0])
        for text in texts:
            for gram, count in grams(text).items():
                columns.append(places.setdefault(gram, len(places)))
                values.append(count)
            ends.append(len(columns))
        names = tuple(places)
        counts = csr_matrix(
            (np.frombuffer(values), np.frombuffer(columns, np.int64), np.frombuffer(ends, np.int64)),
            shape=(len(texts), len(names)),
        )
        words = np.fromiter((name[0] == WORD for name in names), bool, len(names))
        singles = np.fromiter(map(is_single, names), bool, len(names))
        return Counted(names, counts, words, singles)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one part of the examples knows: the grams it has (`kept`, places in `Counted`), and how rare each is."""

    kept: Array
    rarity: Array
    vocabulary: dict[str, int]

    @staticmethod
    def of(counted: Counted, learn: Array) -> Weighed:
        """Of the examples `learn` (a mask)."""
        part = counted.counts[learn]
        seen = np.bincount(part.indices, minlength=len(counted.names))
        many = part.shape[0] >= MANY
        good = (seen >= 2) & (counted.words | (seen <= MOST * part.shape[0])) if many else seen >= 1
        kept = np.flatnonzero(good)
        rarity = np.log((1 + part.shape[0]) / (1 + seen[kept])) + 1
        return Weighed(kept, rarity, {counted.names[place]: row for row, place in enumerate(kept)})

    def matrix(self, counted: Counted, of: Array) -> csr_matrix:
        """The examples `of` (a mask) by the grams kept: TF-IDF with damped counts; words and pieces have length 1."""
        part = counted.counts[of][:, self.kept]
        part.data = (1 + np.log(part.data)) * self.rarity[part.indices]
        rows = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        words = counted.words[self.kept][part.indices]
        for block in (words, ~words):
            length = np.sqrt(np.bincount(rows[block], np.square(part.data[block]), part.shape[0]))
            part.data[block] /= length[rows[block]]
        return part

    def unknown(self, counted: Counted, of: Array) -> Array:
        """Of each of these examples, the share of its words that were never seen."""
        part = counted.counts[of]
        said = part @ counted.singles.astype(float)
        known = np.zeros(len(counted.names))
        known[self.kept] = counted.singles[self.kept]
        share: Array = 1 - np.divide(part @ known, said, out=np.zeros_like(said), where=said > 0)
        return share
