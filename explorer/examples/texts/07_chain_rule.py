x = torch.tensor(0.5, requires_grad=True)

a = torch.sin(x)
b = torch.exp(a)
loss = (b - 1) ** 2
