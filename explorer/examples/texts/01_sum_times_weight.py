(x + y) * w
