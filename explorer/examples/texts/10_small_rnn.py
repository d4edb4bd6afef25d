W = torch.tensor([[0.5, -0.3], [0.2, 0.8]], requires_grad=True)
h = torch.zeros(2)

for step in range(4):
    h = torch.tanh(W @ h + 1.0)

loss = h.sum()
