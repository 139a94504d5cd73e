"""What a name is called elsewhere: in Keras, PyTorch and scikit-learn."""

from collections.abc import Iterable

from zen_cli.config.text.words import nearest

_HERE = {
    # layers and activations
    "dense": "Linear",
    "fc": "Linear",
    "fullyconnected": "Linear",
    "simplernn": "RNN",
    "batchnormalization": "BatchNorm",
    "layernormalization": "LayerNorm",
    "swish": "SiLU",
    "globalaveragepooling2d": "GlobalPool",
    "globalmaxpooling2d": "GlobalPool",
    # losses and metrics
    "crossentropy": "categorical_crossentropy",
    "crossentropyloss": "categorical_crossentropy",
    "bce": "binary_crossentropy",
    "bceloss": "binary_crossentropy",
    "meansquarederror": "MSE",
    "mseloss": "MSE",
    "l2": "MSE",
    "meanabsoluteerror": "MAE",
    "l1loss": "MAE",
    "l1": "MAE",
    "pinball": "quantile",
    "smoothl1": "Huber",
    "rootmeansquarederror": "RMSE",
    "r2score": "R2",
    "acc": "accuracy",
    "topkaccuracy": "top_k",
    "ppl": "perplexity",
    "bpc": "bits_per_character",
    "bcewithlogitsloss": "binary_crossentropy",
    "smoothl1loss": "Huber",
    "nllloss": "categorical_crossentropy",
    "f1score": "F1",
    # schedules and initializers
    "steplr": "Step",
    "exponentiallr": "Exponential",
    "cosineannealinglr": "Cosine",
    "reducelronplateau": "ReduceOnPlateau",
    "linearlr": "WarmUp",
    "glorot": "Xavier",
    "glorotuniform": "Xavier",
    "kaiming": "He",
    "kaimingnormal": "He",
    "xavieruniform": "Xavier",
    "xaviernormal": "Xavier",
    "glorotnormal": "Xavier",
    "kaiminguniform": "He",
    # settings
    "units": "hidden_dim",
    "momentum": "beta",
    "alpha": "beta",
    "maxlr": "lr",
    "clipnorm": "clip_norm",
    "clipvalue": "clip_value",
    "gradientclip": "clip_norm",
    "gradclip": "clip_norm",
    "learningrate": "lr",
    "wd": "weight_decay",
    "rho": "beta",
    "eps": "epsilon",
    "hiddensize": "hidden_dim",
    "numlayers": "layers",
    "outfeatures": "units",
    "outchannels": "filters",
    "kernel": "kernel_size",
    "p": "rate",
    "numembeddings": "tokens",
    "vocabsize": "tokens",
    "embeddingdim": "dim",
    "negativeslope": "slope",
    "gamma": "factor",
    "stepsize": "every",
    "seqlen": "window",
    "lookback": "window",
    "sequencelength": "window",
    "formula": "expression",
    "trainer": "training",
    "maxepochs": "epochs",
    "batch": "batch_size",
    "bs": "batch_size",
    "gradientclipval": "clip_norm",
    "maxgradnorm": "clip_norm",
    "precision": "dtype",
    "layers": "model",
    "criterion": "loss",
    "lrscheduler": "schedule",
    "scheduler": "schedule",
    "randomseed": "seed",
    # values
    "float16": "float32",
    "half": "float32",
    "single": "float32",
    "fp32": "float32",
    "double": "float64",
    "fp64": "float64",
    "avg": "mean",
    "average": "mean",
    # the file
    "base": "extends",
    "defaults": "extends",
}


def called_here(word: str) -> str:
    """What goes by the name `word` elsewhere; the word itself where nothing is known of it."""
    return _HERE.get(word.casefold().replace("_", "").replace("-", ""), word)


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be: what it is called elsewhere, or else the nearest."""
    names, here = list(known), called_here(word)
    return here if here in names else nearest(word, names)
