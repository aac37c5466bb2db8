"""Trains the model and measures it on examples held back: each is judged by a model that never saw it.

A linear model (one-against-the-rest, squared hinge) over TF-IDF. How sure an answer is comes from a second, small one:
logistic regression over four plain facts, fitted and cut off on the held-back judgements only. Messages about something
else are the examples of the label `none`; where those are few, whole labels are held back in turn and stand in for
them.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from hub.contracts.training import NONE, LabelFigures, Progress, TrainingReport
from hub_intent.counts import Counted, Weighed
from hub_intent.examples import Examples
from hub_intent.model import ABSENT, FACTS, Array, Model, chances, facts
from hub_intent.settings import IntentSettings

SEED = 20
FOLDS, FOLDS_OF_LARGE = 5, 3
LARGE = 500_000
"""Examples times labels from which fewer folds are made, so that training stays a matter of seconds."""
ALONE = 200_000
"""Examples times labels below which further processes cost more than they bring."""
ENOUGH = 50
"""Examples of `none` from which no labels need to stand in for them."""
PARTS = 3
"""Parts of the labels that stand in, one after the other."""
MOST_CONFUSED = 3
EVEN = 0.5
"""A chance below which an answer is likelier wrong than right: however good the others are, it is not given."""
NEVER = 1.1
"""A chance that no answer has."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and what is to be said about it."""

    model: Model
    report: TrainingReport


@dataclass(frozen=True, slots=True)
class Judged:
    """Held-back examples: their true label's place, the best label's, the facts; `outside`: about something else."""

    true: Array
    best: Array
    of: Array
    outside: Array


def train(examples: Examples, settings: IntentSettings, progress: Progress) -> Trained:
    """A model of these examples and its figures. The same examples give the same model."""
    began, cpu = time.monotonic(), time.process_time()
    progress("reading the examples", 0.0)
    labels = tuple(sorted(set(examples.labels)))
    true = np.array([labels.index(label) for label in examples.labels])
    counted = Counted.of(examples.texts)
    cpu = time.process_time() - cpu
    size = len(true) * len(labels)
    folds = _folds(true, FOLDS_OF_LARGE if size >= LARGE else FOLDS)
    standing = _standing_in(true, labels)
    jobs = [(np.ones(len(true), bool), np.zeros(len(true), bool))]
    jobs += [(folds != fold, folds == fold) for fold in range(folds.max() + 1)]
    jobs += [(~part, part) for part in standing]
    outcomes: list[Any] = []
    for outcome in _work(counted, true, labels, jobs, alone=size < ALONE):
        outcomes.append(outcome)
        progress("training and measuring", len(outcomes) / (len(jobs) + 1))
    weighed, weights, bias = outcomes[0][:3]
    held = _judged(true, labels, jobs, outcomes, len(standing))
    chance = _fit_chance(held, settings.others)
    sure = chances(held.of, chance)
    threshold, reached = _threshold(sure, held, settings)
    model = Model(labels, weighed.vocabulary, weighed.rarity, weights, bias, chance, threshold)
    first = len(true)  # those held back in folds come first, once each
    report = TrainingReport(
        labels=_by_label(labels, true, held.best[:first], sure[:first] >= threshold),
        examples=len(true),
        folds=int(folds.max()) + 1,
        accuracy=_share((held.best == held.true)[:first], ~held.outside[:first]),
        threshold=threshold,
        precision=_precision(sure >= threshold, held, settings.others),
        reached=reached,
        answered=_share(((held.best == held.true) & (sure >= threshold))[:first], ~held.outside[:first]),
        refused=_share(sure < threshold, held.outside) if held.outside.any() else -1.0,
        others=settings.others,
        seconds=round(time.monotonic() - began, 2),
        cpu=round(cpu + sum(outcome[-1] for outcome in outcomes), 2),
        remarks=(*examples.remarks, *_remarks(labels, true, standing, settings, reached)),
    )
    progress("done", 1.0)
    return Trained(model, report)


def _folds(true: Array, most: int) -> Array:
    """The fold of each example; every label is spread over all folds as evenly as its number allows."""
    random = np.random.default_rng(SEED)
    folds = np.empty(len(true), np.int64)
    count = min(most, max(2, int(np.bincount(true).max())))
    for label in np.unique(true):
        places = random.permutation(np.flatnonzero(true == label))
        folds[places] = (np.arange(len(places)) + label) % count
    return folds


def _standing_in(true: Array, labels: Sequence[str]) -> list[Array]:
    """Parts of the labels, as masks over examples, that in turn stand in for messages about something else."""
    inside = [place for place, label in enumerate(labels) if label != NONE]
    if len(labels) - len(inside) and np.count_nonzero(true == list(labels).index(NONE)) >= ENOUGH:
        return []
    shuffled = np.random.default_rng(SEED).permutation(inside)
    parts = [shuffled[place::PARTS] for place in range(PARTS)]
    return [np.isin(true, part) for part in parts if len(part) and len(labels) - len(part) >= 2]


def _work(counted: Counted, true: Array, labels: Sequence[str], jobs: Sequence[Any], *, alone: bool) -> Iterator[Any]:
    """What each job yields, in order. Each runs in a process of its own: the library's random numbers are global."""
    if alone or (os.cpu_count() or 1) < 2:
        yield from (_job(counted, true, len(labels), learn, judge) for learn, judge in jobs)
        return
    pool = Parallel(n_jobs=min(len(jobs), os.cpu_count() or 1), return_as="generator")
    try:
        yield from pool(delayed(_job)(counted, true, len(labels), learn, judge) for learn, judge in jobs)
    finally:
        get_reusable_executor().shutdown(wait=True)  # else its processes would stay for minutes


def _job(counted: Counted, true: Array, count: int, learn: Array, judge: Array) -> Any:
    """Train on `learn`. Returns the scores and unknown words of `judge`, or the parts of a model if it is empty; last,
    the seconds of CPU it took."""
    began = time.process_time()
    weighed = Weighed.of(counted, learn)
    weights, bias = _fit(weighed.matrix(counted, learn), true[learn], count)
    if not judge.any():
        return weighed, weights, bias, time.process_time() - began
    scores = weighed.matrix(counted, judge) @ weights + bias
    return scores, weighed.unknown(counted, judge), time.process_time() - began


def _fit(matrix: csr_matrix, true: Array, count: int) -> tuple[Array, Array]:
    """Weights (grams by labels) and biases; a label without an example is nowhere near."""
    found = LinearSVC(C=1.0, tol=0.1, random_state=SEED).fit(matrix, true)
    coefficients, begins = found.coef_, found.intercept_
    if len(found.classes_) == 2:
        coefficients, begins = np.vstack((-coefficients, coefficients)), np.append(-begins, begins)
    weights, bias = np.zeros((matrix.shape[1], count), np.float32), np.full(count, ABSENT)
    weights[:, found.classes_] = coefficients.T
    bias[found.classes_] = begins
    return weights, bias


def _judged(true: Array, labels: tuple[str, ...], jobs: Sequence[Any], outcomes: Sequence[Any], parts: int) -> Judged:
    """The held-back examples of all folds in their order, then those that stood in."""
    places, best, of = [], [], []
    for (_, judge), (scores, unknown, _) in zip(jobs[1:], outcomes[1:], strict=True):
        column, about = facts(scores, unknown, labels)
        places.append(np.flatnonzero(judge))
        best.append(column)
        of.append(about)
    folds = len(places) - parts
    order = np.argsort(np.concatenate(places[:folds]))
    rest = np.concatenate([[], *places[folds:]]).astype(int)
    order = np.append(order, len(order) + np.arange(len(rest)))
    outside = true == labels.index(NONE) if NONE in labels else np.zeros(len(true), bool)
    return Judged(
        np.append(true, np.full(len(rest), -1)),
        np.concatenate(best)[order],
        np.concatenate(of)[order],
        np.append(outside, np.ones(len(rest), bool)),
    )


def _weights(held: Judged, others: float) -> Array:
    """How much each held-back example counts, so that the share `others` is about something else."""
    outside = held.outside.mean()
    if outside in (0.0, 1.0):
        return np.ones(len(held.outside))
    weights: Array = np.where(held.outside, others / outside, (1 - others) / (1 - outside))
    return weights


def _fit_chance(held: Judged, others: float) -> Array:
    """The chance that the best label is right, from the facts."""
    right = (held.best == held.true) & ~held.outside
    if right.all() or not right.any():
        return np.append(np.zeros(FACTS), 3.0 if right.all() else -3.0)
    found = LogisticRegression(C=10.0, max_iter=1000).fit(held.of, right, sample_weight=_weights(held, others))
    return np.append(found.coef_[0], found.intercept_)


def _threshold(sure: Array, held: Judged, settings: IntentSettings) -> tuple[float, bool]:
    """The lowest chance from which on enough answers are right, one more mistake allowed for, and never below EVEN;
    whether there is one."""
    order = np.argsort(-sure, kind="stable")
    weight = _weights(held, settings.others)[order]
    right = ((held.best == held.true) & ~held.outside)[order]
    share = np.cumsum(weight * right) / (np.cumsum(weight) + 1)
    last = np.append(np.diff(sure[order]) != 0, True)
    good = np.flatnonzero((share >= settings.precision) & last)
    return (max(EVEN, float(sure[order][good[-1]])), True) if len(good) else (NEVER, False)


def _precision(answered: Array, held: Judged, others: float) -> float:
    weight = _weights(held, others) * answered
    right = (held.best == held.true) & ~held.outside
    return float((weight * right).sum() / weight.sum()) if weight.any() else 0.0


def _share(which: Array, among: Array) -> float:
    return float(which[among].mean()) if among.any() else 0.0


def _by_label(labels: Sequence[str], true: Array, best: Array, answers: Array) -> tuple[LabelFigures, ...]:
    """Every label but `none`, with abstaining counted as it will be."""
    found = []
    for place, label in enumerate(labels):
        if label == NONE:
            continue
        mine, said = true == place, answers & (best == place)
        wrong = Counter(best[mine & answers & (best != place)].tolist())
        confused = tuple((labels[other], count) for other, count in wrong.most_common(MOST_CONFUSED))
        right = np.count_nonzero(mine & said)
        precision = right / np.count_nonzero(said) if said.any() else 0.0
        found.append(
            LabelFigures(
                label=label,
                examples=int(np.count_nonzero(mine)),
                precision=float(precision),
                recall=float(right / np.count_nonzero(mine)),
                confused=confused,
            )
        )
    return tuple(found)


def _remarks(
    labels: Sequence[str], true: Array, standing: Sequence[Array], settings: IntentSettings, reached: bool
) -> list[str]:
    found = []
    if few := [label for place, label in enumerate(labels) if label != NONE and np.count_nonzero(true == place) < 5]:
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        found.append(f"fewer than 5 examples: {', '.join(few[:5])}{more}")
    if standing:
        found.append(
            f"fewer than {ENOUGH} examples of '{NONE}': labels held back in turn stood in for messages about something"
            " else"
        )
    elif NONE not in labels:
        found.append("how it takes messages about something else could not be measured: give examples of 'none'")
    if not reached:
        found.append(f"no threshold reaches a precision of {settings.precision:g}: it will never answer")
    return found
