X = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
W = torch.tensor([[0.5], [-0.5]], requires_grad=True)
b = torch.zeros(1, requires_grad=True)

y = X @ W + b
loss = y.pow(2).mean()
