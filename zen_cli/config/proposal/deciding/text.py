"""How to learn to write as a text does."""

from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.config.proposal.deciding.effort import optimizer, training
from zen_cli.config.proposal.looking.facts import TextFacts
from zen_cli.config.text.words import count

LONGEST_WINDOW = 64
PARTS = 20  # windows that a text is to be cut into at least
LITTLE = 200_000  # characters, for which a smaller model is enough
SECONDS = 1.5e-6  # of a character, with 64 numbers to remember


def data_of(facts: TextFacts) -> Choice:
    """The `data` section."""
    source: dict[str, Any] = {"file": facts.path}
    remarks: dict[Key, str] = {
        ("Text", "file"): "its path from here",
        ("Text", "tokens"): "what is told; of words there are others, and zen check says which sizes they take below",
        ("Text", "lines"): "the lines run on as one text; with true each is a sequence of its own, such as a name",
        ("Text", "lower"): "with true capital letters are made small ones, and zen check says which sizes fit below",
        ("split", "train"): "the share of the text that trains; between it and the test part lies the validation part "
        "(default 0.8)",
        ("split", "test"): "the share kept for the scores at the end (default 0)",
    }
    if facts.encoding != "utf-8":
        source["encoding"] = facts.encoding
        remarks["Text", "encoding"] = "of the text, as it seems"
    split: dict[str, Any] = {"train": 0.8, "test": 0.1}
    if facts.of_lines:
        source["lines"] = True
        remarks["Text", "lines"] = "each line is a sequence of its own (default false)"
        remarks["split", "method"] = "lines are drawn from the seed; or `order`, as in the file (default order)"
        return Choice({"data": {"source": {"Text": source}, "split": {**split, "method": "random"}}}, remarks)
    window = max(1, min(LONGEST_WINDOW, facts.characters // PARTS))
    remarks["data", "window"] = "so many characters in, and after each of them the next one out"
    return Choice({"data": {"source": {"Text": source}, "window": window, "split": split}}, remarks)


def model_of(facts: TextFacts, prepared: Prepared) -> Choice:
    """All but the `data` section."""
    V, hidden = prepared.outputs, 64 if facts.characters < LITTLE else 128
    seconds = SECONDS * prepared.inputs[0] * hidden / 64
    settings: dict[str, Any] = {
        "model": [
            {"Embedding": {"tokens": V, "dim": 16 if V < 100 else 32}},
            {"GRU": {"hidden_dim": hidden, "return_sequences": True}},
            {"Linear": V},
            "Softmax",
        ],
        "loss": "categorical_crossentropy",
        "optimizer": optimizer(0.005, 0.05),
        "schedule": "Cosine",
        "training": {**training(prepared.train, seconds, 1500, 30), "clip_norm": 1.0},
        "metrics": ["perplexity"],
    }
    remarks: dict[Key, str] = {
        ("model", 2): "a score for each character",
        ("model", 3): "scores to probabilities",
        ("", "loss"): "for classes, after `Softmax`",
        ("", "metrics"): "scores besides accuracy: as unsure as among so many characters; or `[bits_per_character]` "
        "(default [])",
    }
    return Choice(settings, remarks)


def purpose(facts: TextFacts) -> str:
    what = "lines like these" if facts.of_lines else "like this text"
    return f"Learn to write {what}: a GRU reads it and tells the next character at every step."


def found(facts: TextFacts) -> tuple[str, ...]:
    if facts.of_lines:
        return (
            f"{count(facts.lines, 'line')} of up to {count(facts.longest, 'character')}, each a sequence of its own",
        )
    return (f"{count(facts.characters, 'character')} in {count(facts.lines, 'line')} that run on",)
