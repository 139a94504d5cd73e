"""Compute with scikit-learn what tests/test_scaling.py holds scalers to: python tests/reference/sklearn_scaling.py

Writes scaling.json beside this file. Made with scikit-learn 1.9.1 and NumPy 2.4.6 on Python 3.11.7, Linux on x86-64.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

SCALERS: Mapping[str, Any] = {
    "Standard": StandardScaler(),
    "MinMax": MinMaxScaler(),
    "MinMax: {low: -1, high: 3}": MinMaxScaler(feature_range=(-1, 3)),
    "Robust": RobustScaler(),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """What a scaler is fitted to, (40, 4), and what it is then applied to, (8, 4).

    The last column is constant, and so scaled by 1.
    """
    random = np.random.default_rng(0)
    normal = random.normal(size=(48, 3)) * [1.0, 300.0, 1e-5] + [0.0, 5e4, 2.0]
    rows = np.concatenate([normal.round(9), np.full((48, 1), 0.1)], axis=1)
    rows[3, 0] = rows[17, 1] = rows[45, 2] = np.nan
    return rows[:40], rows[40:]


def as_list(values: np.ndarray) -> list[Any]:
    """With null for NaN."""
    return np.where(np.isnan(values), None, values).tolist()


def main() -> None:
    fitted_to, applied_to = examples()
    cases = {name: as_list(scaler.fit(fitted_to).transform(applied_to)) for name, scaler in SCALERS.items()}
    made_with = f"scikit-learn {sklearn.__version__}"
    stored = {"made with": made_with, "fitted to": as_list(fitted_to), "applied to": as_list(applied_to), **cases}
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in stored.items())
    Path(__file__).with_name("scaling.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
