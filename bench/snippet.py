"""The ten lines that a learner pastes, as the bench runs them."""

TEN_LINES = """\
import torch
x = torch.tensor(2.0, requires_grad=True)
y = torch.tensor(3.0, requires_grad=True)
w = torch.tensor(4.0, requires_grad=True)
total = torch.zeros(())
for k in range(3):
    total = total + torch.sin(x * k) * y
z = (x + y) * w
loss = (z - total) ** 2
loss.backward()
"""

ANOTHER = TEN_LINES.replace("range(3)", "range(4)")
"""The same with one more turn of the loop, so that its graph can be told from the other one."""
