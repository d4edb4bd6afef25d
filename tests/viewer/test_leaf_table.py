"""Which leaves stand in the table, and in which order."""

from explorer.ir import Graph, Node, Run, Tensor
from explorer.viewer.leaf_table import leaf_rows


def _tensor(name, node, **more):
    return Tensor(
        name=name,
        shape=(2,),
        stride=(1,),
        storage_offset=0,
        storage_id=0,
        storage_nbytes=8,
        dtype="float32",
        device="cpu",
        version=0,
        requires_grad=True,
        leaf=True,
        is_view=False,
        is_contiguous=True,
        grad_fn=node,
        **more,
    )


def test_each_leaf_of_the_graph_is_one_row():
    nodes = (
        Node(id=0, name="MulBackward0", kind="operation", slots=2),
        Node(id=1, name="AccumulateGrad", kind="leaf"),
        Node(id=2, name="AccumulateGrad", kind="leaf"),
    )
    tensors = (
        _tensor("w", 2, value=[1.0, 2.0], grad=[3.0, 4.0]),
        _tensor("same", 2),
        _tensor("x", 1, value=[5.0, 6.0]),
        _tensor("elsewhere", None),
    )
    rows = leaf_rows(Run(status="ok", graph=Graph(nodes=nodes), tensors=tensors))
    assert [(row["name"], row["node"], row["value"], row["grad"]) for row in rows] == [
        ("w", 2, [1.0, 2.0], [3.0, 4.0]),
        ("x", 1, [5.0, 6.0], None),
    ]
