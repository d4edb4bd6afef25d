"""The snippets about autograd in the notes, pasted as they stand there: their graph and the numbers that plain torch gives."""

import pytest
import torch
from playwright.sync_api import expect

from tests.browser.app_page import GraphPage, boxes

CUBE = """\
# 자동 미분 예제
x = torch.tensor(2.0, requires_grad=True)
y = x ** 3
y.backward() # y를 x에 대해 미분
print("Gradient:", x.grad) # Gradient: tensor(12.)
"""

BRANCH = """\
import torch
def dynamic_graph_example(x):
    if x > 0:
        y = x ** 2
    else:
        y = x ** 3
    return y
x = torch.tensor(2.0, requires_grad=True)
result = dynamic_graph_example(x)
result.backward()
print(x.grad) # x > 0이므로 dy/dx = 2x = 4.0
"""

SIMPLE_MODEL = """\
import torch
import torch.nn as nn
class SimpleModel(nn.Module):
    def __init__(self):
        super(SimpleModel, self).__init__()
        self.linear = nn.Linear(2, 1) # 입력 2, 출력 1
    def forward(self, x):
        return self.linear(x)
# 모델 생성
model = SimpleModel()
x = torch.tensor([[1.0, 2.0]])
output = model(x)
print("Model Output:", output) # Model Output: tensor([[...]], grad_fn=<AddmmBackward0>)
"""

TEN_EPOCHS = (
    SIMPLE_MODEL
    + """\
import torch.optim as optim
optimizer = optim.SGD(model.parameters(), lr=0.01)
loss_fn = nn.MSELoss()
y_true = torch.tensor([[5.0]])
for epoch in range(10):
    optimizer.zero_grad() # 기울기 초기화
    y_pred = model(x) # 예측 값
    loss = loss_fn(y_pred, y_true) # 손실 계산
    loss.backward() # 역전파
    optimizer.step() # 가중치 업데이트
    print(f"Epoch {epoch + 1}, Loss: {loss.item()}")
"""
)


def plainly(code, capsys):
    """What plain torch makes of `code`: its variables, and what it printed."""
    torch.manual_seed(0)
    variables = {"torch": torch}
    capsys.readouterr()
    exec(code, variables)
    return variables, capsys.readouterr().out


@pytest.fixture
def graph(page):
    return GraphPage(page)


def test_the_expression(graph):
    x, y, w = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    z = (x + y) * w
    gradients = torch.autograd.grad(z, (x, y, w))
    graph.run("z = (x + y) * w")
    for name, tensor, gradient in zip("xyw", (x, y, w), gradients, strict=True):
        graph.expect_leaf(name, tensor.item(), gradient.item())
    graph.click("z = (x + y) * w", "z")
    expect(graph.heading).to_have_text("MulBackward0")
    expect(graph.inspector.locator(".about-result")).to_contain_text(f"{z.item():g}")


@pytest.mark.parametrize(
    ("code", "grad_fn", "gradient"),
    [
        (CUBE, "PowBackward0", 12.0),
        (BRANCH, "PowBackward0", 4.0),
        (BRANCH.replace("2.0,", "-2.0,"), "PowBackward0", 12.0),
    ],
    ids=["cube", "branch", "other branch"],
)
def test_one_leaf(graph, capsys, code, grad_fn, gradient):
    variables, printed = plainly(code, capsys)
    assert variables["x"].grad.item() == gradient
    graph.run(code)
    graph.expect_leaf("x", variables["x"].item(), gradient)
    expect(graph.printed).to_have_text(printed.rstrip())
    [title] = [box.title for box in boxes(code) if box.subtitle == grad_fn]
    graph.click(code, title)
    expect(graph.heading).to_have_text(grad_fn)


def test_the_model_and_its_output(graph, capsys):
    variables, printed = plainly(SIMPLE_MODEL, capsys)
    graph.run(SIMPLE_MODEL)
    expect(graph.printed).to_have_text(printed.rstrip())
    weight, bias = torch.autograd.grad(variables["output"].sum(), variables["model"].parameters())
    graph.expect_leaf("model.linear.weight", variables["model"].linear.weight.tolist(), weight.tolist())
    graph.expect_leaf("model.linear.bias", variables["model"].linear.bias.tolist(), bias.tolist())


def test_ten_epochs(graph, capsys):
    variables, printed = plainly(TEN_EPOCHS, capsys)
    losses = [line.rpartition(" ")[2] for line in printed.splitlines() if line.startswith("Epoch")]
    assert len(losses) == 10
    graph.run(TEN_EPOCHS)
    linear = variables["model"].linear
    graph.expect_leaf("model.linear.weight", linear.weight.tolist(), linear.weight.grad.tolist())
    graph.expect_leaf("model.linear.bias", linear.bias.tolist(), linear.bias.grad.tolist())
    expect(graph.printed).to_have_text(printed.rstrip())

    # The last call is shown; any other can be.
    choice = graph.control("result").locator("input")
    expect(choice).to_have_value(f"10  ·  line 22  ·  loss = {float(losses[-1]):.6g}")
    graph.click(TEN_EPOCHS, "loss")
    expect(graph.inspector.locator(".about-result")).to_contain_text(f"{float(losses[-1]):.6g}")
    choice.click()
    graph.page.get_by_role("option", name=f"loss = {float(losses[0]):.6g}").click()
    expect(graph.inspector.locator(".about-result")).to_contain_text(f"{float(losses[0]):.6g}")
