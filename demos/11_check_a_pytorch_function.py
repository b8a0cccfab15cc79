"""The checker takes any function and any gradient: here PyTorch's, with a mistake in it.

A custom ``autograd.Function`` for the numerically safe softplus, log(1 + e^x). Its backward
gives the sigmoid of -x in place of x: the right size, the right sign, and exact at x = 0, so
that a test at zeros passes. Where PyTorch is not installed, NumPy plays its part.
"""

import importlib.util

import numpy as np

from microgradnet.testing import gradcheck

x = np.array([-2.0, 0.0, 1.5])

if importlib.util.find_spec("torch"):
    import torch

    class Softplus(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.clamp(x, min=0) + torch.log1p(torch.exp(-torch.abs(x)))

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * torch.sigmoid(-x)  # should be torch.sigmoid(x)

    def total(x):
        return Softplus.apply(torch.tensor(x)).sum()

    def its_gradient(x):
        leaf = torch.tensor(x, requires_grad=True)
        Softplus.apply(leaf).sum().backward()
        return leaf.grad

    print("PyTorch's own words:")
else:

    def total(x):
        return np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))

    def its_gradient(x):
        return 1 / (1 + np.exp(x))  # should be exp(-x)

    print("PyTorch is not installed; the same in NumPy:")

report = gradcheck(total, x, grad=its_gradient)
print(report)
wrong = sorted(e.index for e in report.rows if e.verdict == "wrong")
assert wrong == [(0,), (2,)]  # and at 0, where sigmoid(0) is sigmoid(-0), it is right
assert all(np.isclose(e.ratio, np.exp(-x[e.index])) for e in report.rows)

assert gradcheck(total, x, grad=lambda x: 1 / (1 + np.exp(-x))).passed
