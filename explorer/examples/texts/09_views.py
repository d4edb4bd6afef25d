points = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]], requires_grad=True)

second_point = points[1]
points_t = points.t()
loss = (second_point * points_t.sum(dim=1)).sum()
