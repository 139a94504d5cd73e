"""What `zen train configs/sine.yaml` does, in PyTorch: `python sine_torch.py DIRECTORY`."""

import sys
from pathlib import Path

import sine_output
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn0 = nn.RNN(1, 32, batch_first=True)
        self.v0 = nn.Linear(32, 32)
        self.rnn1 = nn.RNN(32, 32, batch_first=True)
        self.head = nn.Sequential(nn.Linear(32, 8), nn.Linear(8, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.rnn0(x)
        _, last = self.rnn1(self.v0(states))
        return self.head(last[0])


def train(model: Model, inputs: torch.Tensor, targets: torch.Tensor) -> list[float]:
    """The mean loss of each epoch."""
    optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-4, alpha=0.9)
    mse, losses = nn.MSELoss(), []
    for _ in range(10):
        total = 0.0
        for x, y in zip(inputs.split(8), targets.split(8), strict=True):
            optimizer.zero_grad()
            loss = mse(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        losses.append(total / len(inputs))
    return losses


def main() -> None:
    torch.manual_seed(0)
    out = Path(sys.argv[1])
    curve = torch.sin(torch.arange(200, dtype=torch.float32))
    inputs, targets = curve.unfold(0, 50, 1)[:-1, :, None], curve[50:, None]  # (150, 50, 1), (150, 1)
    model = Model()
    losses = train(model, inputs[:50], targets[:50])
    torch.save(model.state_dict(), out / "weights.pt")
    with torch.no_grad():
        predictions = model(inputs)
    sine_output.write(out, losses, targets[:, 0].tolist(), predictions[:, 0].tolist())


if __name__ == "__main__":
    main()
