"""The rows in PyTorch, as its users write them: `torch.nn` modules and `torch.optim`."""

from collections.abc import Callable

import torch
from problem import BETA, EPSILON, LEARNING_RATE, Problem
from torch import Tensor, nn

torch.set_num_threads(1)


class Seed(nn.Module):
    """zen's `seed` row: V is applied to every step of the first RNN at once."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn0 = nn.RNN(1, 32, batch_first=True)
        self.v0 = nn.Linear(32, 32)
        self.rnn1 = nn.RNN(32, 32, batch_first=True)
        self.linear2 = nn.Linear(32, 8)
        self.linear3 = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn0(x)
        _, last = self.rnn1(self.v0(states))
        return self.linear3(self.linear2(last[0]))


def seed(problem: Problem) -> nn.Module:
    model = Seed()
    load_rnn(model.rnn0, problem.weights, "0.RNN")
    load_linear(model.v0, problem.weights, "0.RNN.V")
    load_rnn(model.rnn1, problem.weights, "1.RNN")
    load_linear(model.linear2, problem.weights, "2.Linear")
    load_linear(model.linear3, problem.weights, "3.Linear")
    return model


ROWS = {"seed": seed}


# --- zen's weights: PyTorch keeps them transposed, and has both biases too ---


@torch.no_grad()
def load_linear(layer: nn.Linear, weights: dict, name: str) -> None:
    layer.weight.copy_(torch.from_numpy(weights[f"{name}.w"].T))
    layer.bias.copy_(torch.from_numpy(weights[f"{name}.b"]))


@torch.no_grad()
def load_rnn(layer: nn.RNN, weights: dict, name: str) -> None:
    for part, side in (("U", "ih"), ("W", "hh")):
        getattr(layer, f"weight_{side}_l0").copy_(torch.from_numpy(weights[f"{name}.{part}.w"].T))
        getattr(layer, f"bias_{side}_l0").copy_(torch.from_numpy(weights[f"{name}.{part}.b"]))


# --- the worker's interface ---


def variants(name: str, problem: Problem) -> dict[str, Callable]:
    return {
        "eager": lambda: _step(ROWS[name](problem), problem, foreach=False),
        "eager, foreach": lambda: _step(ROWS[name](problem), problem, foreach=True),
        "compile": lambda: _step(_compiled(ROWS[name](problem)), problem, foreach=False),
    }


def _compiled(model: nn.Module) -> Callable:
    """Without `allow_rnn`, torch.compile leaves a model with an `nn.RNN` as it is, and says nothing."""
    torch._dynamo.config.allow_rnn = True
    return torch.compile(model)


def _step(model: nn.Module, problem: Problem, foreach: bool) -> Callable[[int], Tensor]:
    inputs, targets = torch.from_numpy(problem.inputs), torch.from_numpy(problem.targets)
    optimizer = torch.optim.RMSprop(model.parameters(), LEARNING_RATE, alpha=BETA, eps=EPSILON, foreach=foreach)
    mse = nn.MSELoss()

    def step(batch: int) -> Tensor:
        optimizer.zero_grad()
        loss = mse(model(inputs[batch]), targets[batch])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def version() -> str:
    return f"torch {torch.__version__}"
