"""The state of the Tensors page: one small serialisable record, and the code that it offers to begin with."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from explorer.app.state import GraphState
from explorer.ir import Input, Record, RunRequest

EXAMPLES = {
    "views": """\
points = torch.tensor([
    [4., 1.],
    [5., 3.],
    [2., 1.],
])
second = points[1]
points_t = points.t()

copy = points[1].clone()
copy[0] = 10.

points_t_cont = points_t.contiguous()""",
    "slices": """\
a = torch.arange(9)
b = a.view(3, 3)
c = b[1:, 1:]
diagonal = b.diagonal()
every_other = a[::2]""",
    "transpose": """\
some_t = torch.ones(3, 4, 5)
transpose_t = some_t.transpose(0, 2)
print(some_t.stride(), transpose_t.stride())""",
    "unusual": """\
row = torch.tensor([1., 2., 3.])
wide = row.expand(4, 3)

windows = torch.arange(6).as_strided((4, 3), (1, 1))

z = torch.tensor([1 + 2j, 3 - 1j])
parts = torch.view_as_real(z)

scalar = torch.tensor(3.5)
empty = torch.zeros(0, 3)
sparse = torch.eye(2).to_sparse()""",
    "writes": """\
points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])
points_storage = points.storage()
points_storage[0] = 2.0

second_point = points[1]
second_point[0] = 10.
points[1][0] = 11.

a = torch.ones(3, 2)
a.zero_()

q = torch.empty(5)
q.fill_(3.0)""",
    "stale": """\
x = torch.tensor([1., 2.], requires_grad=True)
y = x.exp()
z = y.view(2, 1)
z.add_(1)
loss = y.sum()""",
    "clone": """\
x = torch.tensor([1, 2, 3, 4, 5, 6, 7])
z_clone = x.clone()
z_detach = x.detach()
x[0] = 10""",
}
"""Code by name; the title of an example is the text ``tensors.example.<name>``. After chapter 3.7 and 3.8 of the notes that the product began from."""


class TensorsState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Tensors page. Equal states show equal pages."""

    section: str = "storage"
    """Name of the section that is shown."""
    example: str | None = "views"
    """Name of the example last chosen; None after code came from the Graph page."""
    draft: str = EXAMPLES["views"]
    """The text in the editor."""
    revision: int = 0
    """Grows when the page puts a text into the editor: until then the text is the person's."""
    code: str = EXAMPLES["views"]
    """The text that was run last."""
    inputs: tuple[Input, ...] = ()
    """Values for names, also of those that `code` has not, where it came from the Graph page."""
    seed: int = 0
    device: str = "cpu"

    def request(self) -> RunRequest:
        return RunRequest(code=self.code, inputs=self.inputs, inputs_may_miss=True, seed=self.seed, device=self.device)

    def ask(self, code: str) -> TensorsState:
        """The same page with `code` run."""
        return replace(self, code=code, draft=code)

    def with_example(self, name: str) -> TensorsState:
        """The example in place of whatever is in the editor, and run."""
        return self._fresh(example=name).ask(EXAMPLES[name])

    def with_graph(self, graph: GraphState) -> TensorsState:
        """What the Graph page ran, with its inputs, seed and device."""
        put = self._fresh(example=None, inputs=graph.inputs, seed=graph.seed, device=graph.device)
        return put.ask(graph.code)

    def _fresh(self, **fields: Any) -> TensorsState:
        """The same section of a page on which another text stands in the editor."""
        return TensorsState(section=self.section, revision=self.revision + 1, **fields)
