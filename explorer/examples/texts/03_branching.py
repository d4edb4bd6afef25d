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

print(x.grad)
