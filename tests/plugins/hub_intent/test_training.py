"""Training: figures from held-back examples, a threshold for a stated precision, the same model every time."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shop_talk import talk

from hub.contracts.errors import PluginError
from hub_intent import training
from hub_intent.examples import Examples
from hub_intent.model import Model
from hub_intent.settings import IntentSettings
from hub_intent.training import NEVER, train

ASKED = IntentSettings(examples="x")


def quiet(what: str, share: float) -> None:
    """Progress for nobody."""


def test_what_is_learned_is_found_and_what_is_strange_is_refused() -> None:
    model = train(talk("price", "delivery", "return", "none"), ASKED, quiet).model
    told = {
        text: model.answer(text) for text in ("what does the small sofa cost", "where is my shipment", "ωραία μέρα")
    }
    assert [found and found.label for found in told.values()] == ["price", "delivery", None]
    assert model.answer("good morning, lovely match") is None
    assert model.answer("") is None


def test_the_same_examples_give_the_same_model(tmp_path: Path) -> None:
    for name in ("one", "other"):
        train(talk("price", "delivery", "return"), ASKED, quiet).model.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.full
def test_in_processes_of_its_own_the_model_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = talk("price", "delivery", "return")
    train(examples, ASKED, quiet).model.save(tmp_path / "alone")
    monkeypatch.setattr(training, "ALONE", 0)
    train(examples, ASKED, quiet).model.save(tmp_path / "together")
    assert (tmp_path / "alone").read_bytes() == (tmp_path / "together").read_bytes()


def test_labels_that_mean_nothing_are_not_found_among_held_back_examples() -> None:
    """Were an example judged by a model that saw it, chance labels would look well learned."""
    honest = talk("price", "delivery")
    labels = random.Random(3).choices(["one", "other"], k=len(honest.texts))
    report = train(Examples(honest.texts, tuple(labels)), ASKED, quiet).report
    assert report.accuracy < 0.7
    assert train(honest, ASKED, quiet).report.accuracy > 0.95


def test_no_threshold_means_no_answer_and_says_so() -> None:
    honest = talk("price", "delivery")
    labels = random.Random(3).choices(["one", "other"], k=len(honest.texts))
    trained = train(Examples(honest.texts, tuple(labels)), replace_precision(0.99), quiet)
    assert (trained.report.threshold, trained.report.reached) == (NEVER, False)
    assert trained.report.remarks[-1] == "no threshold reaches a precision of 0.99: it will never answer"
    assert all(trained.model.answer(text) is None for text in honest.texts)


def replace_precision(precision: float) -> IntentSettings:
    return IntentSettings(examples="x", precision=precision)


def noisy(share: float) -> Examples:
    """Examples of which a share stands under a wrong label."""
    honest, dice = talk("price", "delivery", "return", "none"), random.Random(5)
    wrong = {"price": "delivery", "delivery": "return", "return": "price", "none": "price"}
    labels = tuple(wrong[label] if dice.random() < share else label for label in honest.labels)
    return replace(honest, labels=labels)


def test_a_higher_precision_is_reached_by_answering_less() -> None:
    low, high = (train(noisy(0.15), replace_precision(p), quiet).report for p in (0.7, 0.9))
    assert low.reached
    assert low.precision >= 0.7
    assert high.threshold > low.threshold
    assert high.answered < low.answered


def test_an_answer_that_is_likelier_wrong_than_right_is_never_given() -> None:
    settings = IntentSettings(examples="x", precision=0.6, others=0.1)
    trained = train(talk("price", "delivery", "return", "none"), settings, quiet)
    assert trained.report.threshold == 0.5
    assert trained.model.answer("zubrowka zamovar samogon") is None


def test_examples_of_nothing_are_measured_as_refused() -> None:
    report = train(talk("price", "delivery", "return", "none"), ASKED, quiet).report
    assert report.refused >= 0.8
    assert report.precision >= 0.95
    assert [one.label for one in report.labels] == ["delivery", "price", "return"]
    assert all(one.examples == 36 for one in report.labels)


def test_without_examples_of_nothing_labels_stand_in_for_them() -> None:
    report = train(talk("price", "delivery", "return"), ASKED, quiet).report
    assert 0 <= report.refused <= 1
    assert any("labels held back in turn stood in" in remark for remark in report.remarks)


def test_two_labels_alone_cannot_be_measured_on_anything_else() -> None:
    report = train(talk("price", "delivery"), ASKED, quiet).report
    assert report.refused == -1
    assert any("could not be measured" in remark for remark in report.remarks)


def test_the_more_messages_are_about_something_else_the_less_is_answered() -> None:
    thresholds = [
        train(noisy(0.1), IntentSettings(examples="x", precision=0.8, others=share), quiet).report.threshold
        for share in (0.05, 0.6)
    ]
    assert thresholds[0] < thresholds[1]


def test_confusions_and_labels_with_few_examples_are_told() -> None:
    found = talk("price", "delivery", "return")
    few = Examples((*found.texts, "call me", "how much is the blue chair"), (*found.labels, "call", "delivery"))
    report = train(few, replace_precision(0.6), quiet).report
    figures = {one.label: one for one in report.labels}
    assert ("price", 1) in figures["delivery"].confused
    assert figures["call"].recall == 0
    assert "fewer than 5 examples: call" in report.remarks


def test_progress_is_told_until_all_is_done() -> None:
    told: list[float] = []
    train(talk("price", "delivery"), ASKED, lambda what, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("price", "delivery"),
    [
        ("कीमत क्या है|दाम बताइए|कितने का है|इसकी कीमत|दाम क्या", "कब आएगा|डिलीवरी कब|पार्सल कहाँ है|कब मिलेगा|ऑर्डर कहाँ"),
        ("价格是多少|多少钱|价钱呢|这个多少钱|报个价格", "什么时候送到|快递到哪了|几天送到|什么时候发货|快递呢"),
        ("ราคาเท่าไหร่|กี่บาท|ขอราคา|ราคานี้กี่บาท|ราคารวม", "ส่งเมื่อไหร่|ของถึงไหน|จัดส่งกี่วัน|ส่งของวันไหน|จัดส่งยัง"),
    ],
)
def test_scripts_with_marks_or_without_blanks_are_learned_too(price: str, delivery: str) -> None:
    texts = (*price.split("|"), *delivery.split("|"))
    model = train(Examples(texts, ("price",) * 5 + ("delivery",) * 5), replace_precision(0.5), quiet).model
    assert [model.guess(text).label for text in texts] == ["price"] * 5 + ["delivery"] * 5
    assert model.guess(texts[0] + "?").label == "price"


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_model_read_back_guesses_alike(tmp_path: Path) -> None:
    model = train(talk("price", "delivery", "return", "none"), ASKED, quiet).model
    model.save(tmp_path / "m")
    again = Model.load(tmp_path / "m")
    for text in ("what does it cost", "where is it", "hello", "", "🙂", "ϕ"):
        one, other = model.guess(text), again.guess(text)
        assert one.label == other.label
        assert one.chance == pytest.approx(other.chance, abs=1e-4)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["m"]


def test_a_file_with_objects_in_it_runs_nothing_and_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> object:
            return (Path.touch, (tmp_path / "sprung",))

    np.savez(tmp_path / "bad.npz", format=np.array([Trap()], dtype=object))
    with pytest.raises(PluginError, match="is no model of this version: run `dragoman intents train`"):
        Model.load(tmp_path / "bad.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("harm", ["empty", "text", "half", "labels", "format"])
def test_a_damaged_file_is_told_and_never_believed(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "m.npz"
    train(talk("price", "delivery"), ASKED, quiet).model.save(file)
    whole = file.read_bytes()
    if harm in ("labels", "format"):
        with np.load(file) as kept:
            arrays = dict(kept)
        arrays[harm] = np.array([9]) if harm == "format" else np.frombuffer(b'["a"]', np.uint8)
        np.savez(file, **arrays)
    else:
        file.write_bytes({"empty": b"", "text": b"not a model", "half": whole[: len(whole) // 2]}[harm])
    with pytest.raises(PluginError, match="run `dragoman intents train`"):
        Model.load(file)
