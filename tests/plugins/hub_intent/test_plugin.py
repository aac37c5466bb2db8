"""The plugin as the hub sees it: hooks, settings, and what it says where it cannot work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shop_talk import talk

import hub_intent
from hub.contracts.errors import ConfigError, PluginError
from hub.contracts.training import Correction, TrainingReport
from hub.engine.loader import load_plugins
from hub.engine.settings import load_plugin_tables


def teach(base: Path, folder: Path, corrections: list[Correction], **settings: Any) -> TrainingReport:
    """Train from the invented messages."""
    found = talk("price", "delivery", "return", "none")
    rows = [{"text": text, "label": label} for text, label in zip(found.texts, found.labels, strict=True)]
    (base / "intents").mkdir(exist_ok=True)
    (base / "intents" / "all.jsonl").write_text("\n".join(map(json.dumps, rows)))
    table = {"examples": "intents", **settings}
    return hub_intent.hub_train(base, folder, corrections, table, lambda what, share: None)


def test_the_hub_takes_the_plugin_and_asks_it_to_classify() -> None:
    plugins = load_plugins(extra=[("intent-here", hub_intent)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    assert plugins.infos[-1].reason == ""
    assert plugins.handlers["intent-here"] == ("message.classify",)
    assert set(plugins.infos[-1].hooks) == {"hub_classify", "hub_train"}


def test_hub_train_leaves_what_hub_classify_answers_from(tmp_path: Path) -> None:
    report = teach(tmp_path, tmp_path, [])
    assert report.examples == 144
    ((label, chance),) = hub_intent.hub_classify("what does the big sofa cost", (), tmp_path)
    assert label == "price"
    assert 0.5 < chance <= 1
    assert hub_intent.hub_classify("good morning, lovely weather", (), tmp_path) == []


def test_a_label_that_was_not_asked_for_is_no_answer(tmp_path: Path) -> None:
    teach(tmp_path, tmp_path, [])
    assert hub_intent.hub_classify("what does the big sofa cost", ("delivery",), tmp_path) == []
    assert hub_intent.hub_classify("what does the big sofa cost", ("delivery", "price"), tmp_path) != []


def test_hub_train_learns_corrections_and_a_running_classifier_takes_them_over(tmp_path: Path) -> None:
    teach(tmp_path, tmp_path, [], precision=0.6, others=0.1)
    said = "zubrowka zamovar samogon"
    assert hub_intent.hub_classify(said, (), tmp_path) == []
    corrections = [Correction(f"{said} {word}", "drinks") for word in ("one", "two", "three", "please", "now", "again")]
    teach(tmp_path, tmp_path, corrections, precision=0.6, others=0.1)
    ((label, _),) = hub_intent.hub_classify(said, (), tmp_path)
    assert label == "drinks"


def test_where_nothing_was_trained_it_has_no_idea_and_says_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub_intent.hub_classify("how much", (), tmp_path) == []
    assert hub_intent.hub_classify("how much", (), tmp_path) == []
    assert capsys.readouterr().err == f"no model is trained ({tmp_path / 'intent.npz'}): run `dragoman intents train`\n"


@pytest.mark.parametrize("missing", ["numpy", "sklearn"])
def test_without_the_extra_it_loads_and_says_what_to_install_when_it_is_used(tmp_path: Path, missing: str) -> None:
    script = f"""
import sys
sys.modules[{missing!r}] = None
from pathlib import Path
from hub.contracts.errors import PluginError
from hub.engine.loader import load_plugins
import hub_intent
found = load_plugins(extra=[("here", hub_intent)], environ={{"DRAGOMAN_PLUGINS": "telegram"}})
assert found.infos[-1].state == "loaded", found.infos[-1]
folder = Path(sys.argv[1])
use = {{
    "numpy": lambda: hub_intent.hub_classify("x", (), folder),
    "sklearn": lambda: hub_intent.hub_train(folder, folder, [], {{"examples": "x"}}, print),
}}
try:
    use[{missing!r}]()
except PluginError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "the plugin 'intent' needs scikit-learn: pip install 'dragoman[intent]'\n", done.stderr


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "[plugin.intent] lacks the key 'examples'"),
        ('examples = "x"\nprecision = 1.0\n', "precision"),
        ('examples = "x"\nothers = -0.1\n', "others"),
        ('examples = "x"\nprecission = 0.9\n', "unknown key 'precission'"),
    ],
)
def test_mistakes_in_its_table_are_told_with_their_line(tmp_path: Path, table: str, sentence: str) -> None:
    file = tmp_path / "hub.toml"
    file.write_text("[plugin.intent]\n" + table)
    plugins = load_plugins(environ={"DRAGOMAN_PLUGINS": "intent"})
    with pytest.raises(ConfigError) as told:
        load_plugin_tables(file, plugins, {}, ["intent"])
    assert sentence in str(told.value)
    assert str(file) in told.value.where


def test_a_damaged_model_is_told_by_hub_classify(tmp_path: Path) -> None:
    (tmp_path / "intent.npz").write_text("no model")
    with pytest.raises(PluginError, match="run `dragoman intents train`"):
        hub_intent.hub_classify("x", (), tmp_path)
