"""What modules are called, and their parameters, wherever the code holds them: no two have one name."""

from __future__ import annotations

import pytest
from samples import run

from explorer.ir import Run

AGENT = """
class Agent:
    def __init__(self):
        self.actor = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
        self.critic = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
        self.heads = {"a": [nn.Linear(2, 1)]}
        self.scale = torch.ones(1, requires_grad=True)
        self.optimizer = torch.optim.SGD(self.actor.parameters(), lr=0.1)
    def loss(self, x):
        return (self.heads["a"][0](self.actor(x) * self.critic(x)) * self.scale).sum()
agent = Agent()
loss = agent.loss(torch.ones(1, 2))
"""

CASES = {
    "a list, in a loop": (
        "layers = [nn.Linear(2, 2, bias=False) for _ in range(3)]\nx = torch.ones(1, 2)\nfor layer in layers:\n    x = layer(x)\nx.sum()",
        ["layers[0]", "layers[1]", "layers[2]"],
        ["layers[0].weight", "layers[1].weight", "layers[2].weight"],
    ),
    "variables first, then a list": (
        "a = nn.Linear(2, 2, bias=False)\nb = nn.Tanh()\nparts = [a, b]\nparts[1](parts[0](torch.ones(1, 2))).sum()",
        ["a", "b"],
        ["a.weight"],
    ),
    "a list that makes a module": (
        "parts = [nn.Linear(2, 2, bias=False), nn.Tanh()]\nnet = nn.Sequential(*parts)\nnet(torch.ones(1, 2)).sum()",
        ["net", "net.0", "net.1"],
        ["parts[0].weight"],
    ),
    "an object of the code's own class": (
        AGENT,
        ["agent.actor", "agent.actor.0", "agent.actor.1", "agent.critic", "agent.critic.0", "agent.critic.1", "agent.heads['a'][0]"],
        ["agent.actor.0.bias", "agent.actor.0.weight", "agent.critic.0.bias", "agent.critic.0.weight", "agent.heads['a'][0].bias", "agent.heads['a'][0].weight", "agent.scale"],
    ),
    "nobody": (
        "x = torch.ones(1, 2)\ny = nn.Linear(2, 2, bias=False)(x)\nz = nn.Sequential(nn.Linear(2, 2, bias=False))(y) + nn.Linear(2, 2, bias=False)(x)\nz.sum()",
        ["Linear", "Linear (2)", "Sequential", "Sequential.0"],
        ["Linear (2).weight", "Linear.weight", "Sequential.0.weight"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_module_and_each_parameter_has_its_own_name(case: str) -> None:
    code, modules, leaves = CASES[case]
    seen = run(code)
    assert seen.status == "ok", seen.message
    assert sorted({call.module for call in seen.calls}) == modules
    assert all(call.number == 0 for call in seen.calls)
    assert sorted(node.variable or "" for node in seen.graph.nodes if node.kind == "leaf") == leaves


def test_a_long_list_of_modules_is_named_to_its_end() -> None:
    seen = run(
        "parts = [nn.Linear(2, 2) for _ in range(300)]\nx = torch.ones(1, 2)\nfor part in parts:\n    x = part(x)\nx.sum()"
    )
    assert [call.module for call in seen.calls] == [f"parts[{at}]" for at in range(300)]


def parameters(seen: Run) -> dict[str, int]:
    assert seen.memory is not None
    return {each.path: each.parameters for each in seen.memory.modules}


def test_parameters_count_for_the_module_that_has_them() -> None:
    weights = parameters(run(AGENT))
    assert weights["agent.actor"] == weights["agent.critic"] == 4 * (4 + 2)
    assert weights["agent.heads['a'][0]"] == 4 * 3
    assert parameters(run(CASES["nobody"][0]))["Linear (2)"] == 4 * 4


def test_the_second_call_of_a_module_without_a_name_is_the_second() -> None:
    seen = run("def f(x):\n    m = nn.Linear(2, 2)\n    return m(m(x)) + nn.Linear(2, 2)(x)\nf(torch.ones(1, 2)).sum()")
    assert [(call.module, call.number) for call in seen.calls] == [("Linear", 0), ("Linear", 1), ("Linear (2)", 0)]
