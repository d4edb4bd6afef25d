"""Autograd Explorer: see what PyTorch does with an expression, its graph, its gradients and its memory."""
