"""The operations of the tensor API by the kinds of the book, each with an example that runs. A test runs them all."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

KINDS = (
    "creation",
    "indexing",
    "pointwise",
    "reduction",
    "comparison",
    "spectral",
    "other",
    "blas",
    "random",
    "serialization",
    "parallelism",
)
"""In the book's order; the title of one is the text ``operations.kind.<kind>``."""

DIM = "{dim}"
"""Where a reduction's example takes its dimension."""


@dataclass(frozen=True)
class Operation:
    """One function; what it does is the text ``operations.<name>``."""

    name: str
    kind: str
    example: str = ""
    """Code; empty where typed code may not do it."""
    section: str | None = None
    """The section of the Tensors page that shows it instead."""

    @property
    def takes_dim(self) -> bool:
        """Whether the example can be told a dimension."""
        return DIM in self.example

    def code(self, dim: int | None = None) -> str:
        """The example, along a dimension or over all elements."""
        return self.example.replace(DIM, "" if dim is None else f", dim={dim}")


def _catalogue() -> tuple[Operation, ...]:
    return tuple(
        Operation(name, kind, *(("", text[1:]) if text.startswith("@") else (text,)))
        for kind, operations in _TEXTS.items()
        for name, text in operations.items()
    )


_TEXTS: dict[str, dict[str, str]] = {
    "creation": {
        "tensor": "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])",
        "zeros": "result = torch.zeros(2, 3)",
        "ones": "result = torch.ones(3, 2)",
        "full": "result = torch.full((2, 3), 7.)",
        "empty": "q = torch.empty(5)\nresult = q.fill_(3.0)",
        "zeros_like": "e = torch.ones(2, 3)\nresult = torch.zeros_like(e)",
        "ones_like": "b = torch.zeros(2, 3)\nresult = torch.ones_like(b)",
        "full_like": "b = torch.zeros(2, 3)\nresult = torch.full_like(b, 2.5)",
        "empty_like": "b = torch.zeros(2, 3)\nresult = torch.empty_like(b).fill_(1.5)",
        "arange": "result = torch.arange(start=1, end=11, step=2)",
        "linspace": "result = torch.linspace(0, 1, 5)",
        "logspace": "result = torch.logspace(0, 3, 4)",
        "eye": "result = torch.eye(3)",
        "from_numpy": "a = np.arange(6.).reshape(2, 3)\nresult = torch.from_numpy(a)",
        "as_tensor": "result = torch.as_tensor([[1, 2], [3, 4]])",
        "complex": "result = torch.complex(torch.tensor([1., 2.]), torch.tensor([0., -1.]))",
    },
    "indexing": {
        "getitem": "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])\nresult = points[1:, 0]",
        "cat": "a, b = torch.ones(2, 3), torch.zeros(1, 3)\nresult = torch.cat([a, b], dim=0)",
        "stack": "a, b = torch.ones(3), torch.zeros(3)\nresult = torch.stack([a, b])",
        "reshape": "x = torch.tensor([[1, 2], [3, 4]])\nresult = x.reshape(4, 1)",
        "view": "x = torch.arange(6)\nresult = x.view(2, 3)",
        "transpose": "x = torch.tensor([[1, 2], [3, 4]])\nresult = torch.transpose(x, 0, 1)",
        "permute": "x = torch.arange(6).view(1, 2, 3)\nresult = x.permute(2, 1, 0)",
        "flatten": "x = torch.tensor([[1, 2], [3, 4]])\nresult = torch.flatten(x)",
        "unsqueeze": "w = torch.tensor([0.2126, 0.7152, 0.0722])\nresult = w.unsqueeze(-1).unsqueeze(-1)",
        "squeeze": "x = torch.ones(1, 3, 1)\nresult = x.squeeze()",
        "chunk": "x = torch.arange(6.)\nfirst, second = x.chunk(2)",
        "split": "x = torch.arange(6.)\na, b, c = x.split([1, 2, 3])",
        "unbind": "x = torch.arange(6.).view(2, 3)\nfirst, second = x.unbind()",
        "index_select": "x = torch.arange(12.).view(3, 4)\nresult = x.index_select(1, torch.tensor([0, 2]))",
        "gather": "x = torch.arange(6.).view(2, 3)\nresult = x.gather(1, torch.tensor([[0, 2], [1, 1]]))",
        "scatter": "x = torch.zeros(2, 3)\nresult = x.scatter(1, torch.tensor([[0, 2], [1, 1]]), 5.)",
        "where": "x = torch.tensor([-2., 1., 3.])\nresult = torch.where(x > 0, x, 0.)",
        "masked_select": "x = torch.tensor([-2., 1., 3.])\nresult = x.masked_select(x > 0)",
        "masked_fill_": "x = torch.arange(4.)\nresult = x.masked_fill_(x > 1, -1.)",
        "nonzero": "x = torch.tensor([[0, 3], [5, 0]])\nresult = x.nonzero()",
        "narrow": "x = torch.arange(6.)\nresult = x.narrow(0, 2, 3)",
        "tile": "x = torch.tensor([1., 2.])\nresult = x.tile(2, 2)",
        "zero_": "a = torch.ones(3, 2)\nresult = a.zero_()",
        "stride": "x = torch.ones(3, 4, 5)\nprint(x.transpose(0, 2).stride())",
    },
    "pointwise": {
        "add": "a, b = torch.tensor([1., 2.]), torch.tensor([10., 20.])\nresult = a + b",
        "mul": "a, b = torch.tensor([[1.], [2.]]), torch.tensor([10., 20., 30.])\nresult = a * b",
        "div": "result = torch.tensor([1., 2., 3.]) / 2",
        "pow": "result = torch.tensor([1., 2., 3.]) ** 2",
        "abs": "result = torch.tensor([-1., 2., -3.]).abs()",
        "exp": "result = torch.tensor([0., 1., 2.]).exp()",
        "log": "result = torch.tensor([1., 2., 10.]).log()",
        "sqrt": "result = torch.tensor([1., 2., 9.]).sqrt()",
        "cos": "a = torch.tensor(list(range(9)))\nresult = torch.cos(a)",
        "sigmoid": "result = torch.tensor([-2., 0., 2.]).sigmoid()",
        "clamp": "result = torch.tensor([-2., 0.5, 3.]).clamp(0, 1)",
        "round": "result = torch.tensor([0.4, 1.5, 2.5]).round()",
        "floor": "result = torch.tensor([-0.5, 1.7]).floor()",
        "sign": "result = torch.tensor([-2., 0., 3.]).sign()",
    },
    "reduction": {
        "sum": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.sum(x{dim})",
        "prod": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.prod(x{dim})",
        "mean": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.mean(x{dim})",
        "var": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.var(x{dim})",
        "std": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.std(x{dim})",
        "min": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.min(x{dim})",
        "max": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.max(x{dim})",
        "amax": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.amax(x{dim})",
        "argmax": "x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])\nresult = torch.argmax(x{dim})",
        "argmin": "x = torch.tensor([[1.0, 2.0], [3.0, 0.0]])\nresult = torch.argmin(x{dim})",
        "median": "x = torch.tensor([[3., 1., 2.], [9., 7., 8.]])\nresult = torch.median(x{dim})",
        "all": "x = torch.tensor([[True, True, False], [True, True, True]])\nresult = torch.all(x{dim})",
        "any": "x = torch.tensor([[False, True, False], [False, False, False]])\nresult = torch.any(x{dim})",
        "logsumexp": "x = torch.tensor([[1., 2., 3.], [3., 4., 5.]])\nresult = torch.logsumexp(x, dim=1)",
        "unique": "x = torch.tensor([3, 1, 3, 2, 1])\nresult = torch.unique(x)",
    },
    "comparison": {
        "eq": "a, b = torch.tensor([1, 2, 3]), torch.tensor([1, 0, 3])\nresult = a == b",
        "gt": "x = torch.tensor([1., 2., 3.])\nresult = x > 1.5",
        "le": "x = torch.tensor([1., 2., 3.])\nresult = x <= 2",
        "isclose": "result = torch.isclose(torch.tensor([0.1 + 0.2]), torch.tensor([0.3]))",
        "equal": "print(torch.equal(torch.ones(2), torch.ones(2)))",
        "isnan": "result = torch.tensor([1., float('nan')]).isnan()",
        "sort": "x = torch.tensor([3., 1., 2.])\nvalues, indices = x.sort()",
        "argsort": "x = torch.tensor([3., 1., 2.])\nresult = x.argsort()",
        "topk": "x = torch.tensor([3., 1., 4., 1., 5.])\nvalues, indices = x.topk(2)",
        "maximum": "a, b = torch.tensor([1., 5.]), torch.tensor([3., 2.])\nresult = torch.maximum(a, b)",
    },
    "spectral": {
        "fft": "x = torch.tensor([1., 0., -1., 0.])\nresult = torch.fft.fft(x).abs()",
        "rfft": "x = torch.sin(torch.arange(8.) * 3.14159265 / 2)\nresult = torch.fft.rfft(x).abs()",
        "stft": "x = torch.sin(torch.arange(64.))\nresult = torch.stft(x, n_fft=8, window=torch.hann_window(8), return_complex=True).abs()[:, :6]",
        "hamming_window": "result = torch.hamming_window(8)",
        "hann_window": "result = torch.hann_window(8)",
    },
    "other": {
        "cumsum": "x = torch.tensor([[1., 2., 3.], [4., 5., 6.]])\nresult = x.cumsum(1)",
        "diag": "x = torch.arange(9.).view(3, 3)\nresult = x.diag()",
        "tril": "x = torch.ones(3, 3)\nresult = x.tril()",
        "triu": "x = torch.ones(3, 3)\nresult = x.triu()",
        "trace": "x = torch.arange(9.).view(3, 3)\nresult = x.trace()",
        "cross": "a, b = torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.])\nresult = torch.linalg.cross(a, b)",
        "einsum": 'img_t = torch.ones(3, 2, 2)\nweights = torch.tensor([0.2126, 0.7152, 0.0722])\nresult = torch.einsum("...chw,c->...hw", img_t, weights)',
        "flip": "x = torch.tensor([[1, 2], [3, 4]])\nresult = x.flip(0)",
        "roll": "x = torch.arange(5)\nresult = x.roll(2)",
        "bincount": "x = torch.tensor([0, 1, 1, 3])\nresult = x.bincount()",
        "meshgrid": 'rows, columns = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")',
        "clone": "x = torch.tensor([1, 2, 3])\nresult = x.clone()",
        "detach": "x = torch.tensor([1., 2.], requires_grad=True)\nresult = x.detach()",
    },
    "blas": {
        "dot": "a, b = torch.tensor([1., 2., 3.]), torch.tensor([4., 5., 6.])\nresult = a.dot(b)",
        "mv": "m, v = torch.arange(6.).view(2, 3), torch.ones(3)\nresult = m.mv(v)",
        "mm": "a, b = torch.arange(6.).view(2, 3), torch.ones(3, 2)\nresult = a.mm(b)",
        "matmul": "a, b = torch.arange(6.).view(2, 3), torch.eye(3)\nresult = a @ b",
        "bmm": "a, b = torch.ones(2, 1, 3), torch.ones(2, 3, 1)\nresult = a.bmm(b)",
        "addmm": "result = torch.addmm(torch.ones(2), torch.eye(2), torch.ones(2, 2))",
        "outer": "result = torch.outer(torch.tensor([1., 2.]), torch.tensor([10., 20., 30.]))",
        "det": "result = torch.linalg.det(torch.tensor([[2., 0.], [0., 3.]]))",
        "inv": "result = torch.linalg.inv(torch.tensor([[2., 0.], [0., 4.]]))",
        "solve": "a, b = torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([2., 8.])\nresult = torch.linalg.solve(a, b)",
        "svd": "result = torch.linalg.svdvals(torch.tensor([[3., 0.], [0., 4.]]))",
        "eigh": "values, vectors = torch.linalg.eigh(torch.tensor([[2., 0.], [0., 3.]]))",
    },
    "random": {
        "manual_seed": "torch.manual_seed(1)\nresult = torch.rand(3)",
        "rand": "i = torch.rand(3)\nj = torch.rand([2, 3])",
        "randn": "k = torch.randn(3)\nl = torch.randn([2, 3])",
        "randint": "result = torch.randint(0, 10, (2, 4))",
        "rand_like": "k = torch.randn(3)\nresult = torch.rand_like(k)",
        "randn_like": "i = torch.rand(3)\nresult = torch.randn_like(i)",
        "randperm": "result = torch.randperm(6)",
        "bernoulli": "result = torch.bernoulli(torch.full((2, 4), 0.5))",
        "multinomial": "result = torch.multinomial(torch.tensor([0.1, 0.2, 0.7]), 6, replacement=True)",
        "normal": "result = torch.normal(mean=torch.arange(3.), std=0.1)",
    },
    "serialization": {
        "save": "@files",
        "load": "@files",
    },
    "parallelism": {
        "get_num_threads": "print(torch.get_num_threads())",
        "set_num_threads": "@shared",
        "share_memory_": "@shared",
    },
}
"""Code by name; ``@files`` names the section that shows it."""

OPERATIONS = _catalogue()

_BY_NAME = MappingProxyType({one.name: one for one in OPERATIONS})


def find(name: str) -> Operation:
    """The operation of that name; raises KeyError."""
    return _BY_NAME[name]
