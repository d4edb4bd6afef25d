"""Synthetic graphs, built the way autograd builds them: forward, op by op."""

from __future__ import annotations

from msgspec.structs import replace

from explorer.ir import Edge, Graph, Node, Op, Root, Saved, TensorMeta


def meta(shape: tuple[int, ...] = (3, 4), storage: int = 0) -> TensorMeta:
    """A contiguous float32 tensor."""
    stride, step = [], 1
    for size in reversed(shape):
        stride.append(step)
        step *= size
    return TensorMeta(
        shape=shape,
        stride=tuple(reversed(stride)),
        storage_offset=0,
        storage_id=storage,
        storage_nbytes=4 * step,
        dtype="float32",
        device="cpu",
        version=0,
        requires_grad=True,
        is_view=False,
        is_contiguous=True,
    )


class Tape:
    """Records forward calls, then numbers the nodes from the result as a traversal would."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, str | None, int, list[tuple[int, int]]]] = []
        self.lines: dict[int, int] = {}
        """Source line by call, where it is not a line of its own."""

    def leaf(self, name: str) -> int:
        self.made.append(("AccumulateGrad", name, None, 0, []))
        return len(self.made) - 1

    def op(
        self,
        name: str,
        *inputs: int | tuple[int, int],
        text: str = "",
        module: str | None = None,
        call: int = 0,
        line: int | None = None,
    ) -> int:
        if line is not None:
            self.lines[len(self.made)] = line
        pairs = [item if isinstance(item, tuple) else (item, 0) for item in inputs]
        self.made.append((name, text or name.lower(), module, call, pairs))
        return len(self.made) - 1

    def graph(self, *results: int) -> tuple[Graph, tuple[Op, ...]]:
        """The part of the tape that `results` (default: the last call) reach, and its ops."""
        results = results or (len(self.made) - 1,)
        order, number = [], {}
        stack = list(reversed(results))
        while stack:
            here = stack.pop()
            if here not in number:
                number[here] = len(order)
                order.append(here)
                stack.extend(item for item, _ in reversed(self.made[here][4]))
        nodes, edges, ops = [], [], []
        for here in order:
            name, text, module, call, inputs = self.made[here]
            leaf = name == "AccumulateGrad"
            nodes.append(
                Node(
                    id=number[here],
                    name=name if leaf else f"{name}Backward0",
                    kind="leaf" if leaf else "operation",
                    sequence_nr=None if leaf else here,
                    slots=len(inputs),
                    line=None if leaf else self.lines.get(here, here + 1),
                    module=module,
                    call=call,
                    op=None if leaf else len(ops),
                    variable=text if leaf else None,
                    output=meta(),
                    saved=() if leaf else (Saved(name="self", tensor=meta(storage=here // 2), part=48),),
                )
            )
            if not leaf:
                ops.append(Op(index=len(ops), name=name.lower(), text=text, line=nodes[-1].line, grad_fn=number[here]))
            edges += [
                Edge(source=number[here], slot=slot, target=number[item], output_nr=output)
                for slot, (item, output) in enumerate(inputs)
            ]
        roots = tuple(Root(node=number[item], output_nr=0, name="loss", tensor=meta(()), value=0.5) for item in results)
        return Graph(nodes=tuple(nodes), edges=tuple(edges), roots=roots), tuple(ops)


Example = tuple[Graph, tuple[Op, ...]]


def expression() -> Example:
    """``z = (x + y) * w``."""
    tape = Tape()
    x, y, w = tape.leaf("x"), tape.leaf("y"), tape.leaf("w")
    tape.op("Mul", tape.op("Add", x, y, text="x + y"), w, text="(x + y) * w")
    return tape.graph()


def chain(length: int) -> Example:
    tape = Tape()
    last = tape.leaf("x")
    for _ in range(length):
        last = tape.op("Sin", last, text="x = x.sin()")
    return tape.graph()


def diamond() -> Example:
    tape = Tape()
    x = tape.leaf("x")
    tape.op("Mul", tape.op("Exp", x, text="x.exp()"), tape.op("Sin", x, text="x.sin()"), text="a * b")
    return tape.graph()


def unbind() -> Example:
    tape = Tape()
    pair = tape.op("Unbind", tape.leaf("x"), text="x.unbind()")
    tape.op("Mul", (pair, 0), (pair, 1), text="a * b")
    return tape.graph()


def perceptron(layers: int = 3) -> Example:
    """``nn.Sequential`` of linear layers and activations."""
    tape = Tape()
    last = None
    for layer in range(layers):
        last = _linear(tape, f"model.net.{2 * layer}", last)
        if layer < layers - 1:
            last = tape.op("Relu", last, text="F.relu(input)", module=f"model.net.{2 * layer + 1}")
    tape.op("MseLoss", last, text="F.mse_loss(out, target)")
    return tape.graph()


def _linear(tape: Tape, module: str, last: int | None) -> int:
    weight, bias = tape.leaf(f"{module}.weight"), tape.leaf(f"{module}.bias")
    turned = tape.op("T", weight, text="F.linear(input, self.weight, self.bias)", module=module)
    inputs = [bias, *([last] if last is not None else []), turned]
    return tape.op("Addmm", *inputs, text="F.linear(input, self.weight, self.bias)", module=module)


def _convolution(tape: Tape, module: str, last: int | None) -> int:
    inputs = [*([last] if last is not None else []), tape.leaf(f"{module}.weight")]
    return tape.op("Convolution", *inputs, text="F.conv2d(input, weight, bias)", module=module)


def _norm(tape: Tape, module: str, last: int) -> int:
    weight, bias = tape.leaf(f"{module}.weight"), tape.leaf(f"{module}.bias")
    return tape.op("NativeBatchNorm", last, weight, bias, text="F.batch_norm(input)", module=module)


def resnet(blocks: tuple[int, ...] = (2, 2, 2, 2)) -> Example:
    """Shaped as ResNet-18 with basic blocks."""
    tape = Tape()
    last = _norm(tape, "model.bn1", _convolution(tape, "model.conv1", None))
    last = tape.op("Relu", last, text="self.relu(out)", module="model.relu")
    last = tape.op("MaxPool2DWithIndices", last, text="self.maxpool(x)", module="model.maxpool")
    for layer, count in enumerate(blocks, 1):
        for block in range(count):
            last = _block(tape, f"model.layer{layer}.{block}", last, down=layer > 1 and not block)
    last = tape.op("Mean", last, text="self.avgpool(x)", module="model.avgpool")
    last = tape.op("View", last, text="torch.flatten(x, 1)", module="model")
    last = _linear(tape, "model.fc", last)
    tape.op("NllLoss", tape.op("LogSoftmax", last, text="F.cross_entropy(out, y)"), text="F.cross_entropy(out, y)")
    return tape.graph()


def _block(tape: Tape, path: str, last: int, *, down: bool) -> int:
    out = _norm(tape, f"{path}.bn1", _convolution(tape, f"{path}.conv1", last))
    out = tape.op("Relu", out, text="self.relu(out)", module=f"{path}.relu")
    out = _norm(tape, f"{path}.bn2", _convolution(tape, f"{path}.conv2", out))
    if down:
        last = _norm(tape, f"{path}.downsample.1", _convolution(tape, f"{path}.downsample.0", last))
    out = tape.op("Add", out, last, text="out += identity", module=path)
    return tape.op("Relu", out, text="self.relu(out)", module=f"{path}.relu", call=1)


def recurrent(steps: int, *, modules: bool = False) -> Example:
    """``h = tanh(x_t @ w_x + h @ w_h + b)``, each step's h stacked at the end; six nodes a step."""
    tape = Tape()
    w_x, w_h, b = tape.leaf("cell.w_x"), tape.leaf("cell.w_h"), tape.leaf("cell.b")
    h, outs = None, []
    for step in range(steps):
        where = {"module": "cell", "call": step} if modules else {}
        given = tape.op("Mm", w_x, text="xs[t] @ w_x", **where)
        turned = tape.op("T", w_h, text="w_h.t()", **where)
        own = tape.op("Mm", *([h] if h is not None else []), turned, text="h @ w_h", **where)
        both = tape.op("Add", given, own, text="xs[t] @ w_x + h @ w_h", **where)
        h = tape.op("Tanh", tape.op("Add", both, b, text="... + b", **where), text="torch.tanh(...)", **where)
        outs.append(h)
    tape.op("Mean", tape.op("Stack", *outs, text="torch.stack(outs)"), text="out.mean()")
    return tape.graph()


def dense(layers: int) -> Example:
    """Every layer takes what all layers before it gave, as in DenseNet."""
    tape = Tape()
    given = [tape.leaf("x")]
    for layer in range(layers):
        joined = tape.op("Cat", *given, text="torch.cat(features, 1)")
        weight = tape.leaf(f"weights[{layer}]")
        given.append(tape.op("Relu", tape.op("Convolution", joined, weight, text="conv(x)"), text="relu(x)"))
    return tape.graph()


def stacked(blocks: int, ops: int = 6, *, other: bool = False) -> Example:
    """Blocks of one class in an ``nn.Sequential``, each of `ops` operations; the first is of an `other` kind if wanted."""
    tape = Tape()
    last = _linear(tape, "model.stem", None)
    last = tape.op("Relu", last, module="model.stem")
    for block in range(blocks):
        for _ in range(ops - 2 + (other and not block)):
            last = tape.op("Sin", last, module=f"model.blocks.{block}", text="torch.sin(x)", line=7)
        last = _linear(tape, f"model.blocks.{block}.linear", last)
    last = _linear(tape, "model.head", tape.op("Relu", last, module="model.head"))
    graph, calls = tape.graph()
    names = {"model": "Net", "model.stem": "Linear", "model.head": "Linear", "model.blocks": "Sequential"}
    names |= {f"model.blocks.{block}": "Block" for block in range(blocks)}
    names |= {f"model.blocks.{block}.linear": "Linear" for block in range(blocks)}
    return replace(graph, classes=names), calls


def loop(steps: int) -> Example:
    """A recurrence as a learner types it, in lines 5 to 7 of plain code; the first step has no ``h`` that needs a gradient."""
    tape = Tape()
    w_x, w_h, b = tape.leaf("w_x"), tape.leaf("w_h"), tape.leaf("b")
    h, outs = None, []
    for _ in range(steps):
        given = tape.op("Mm", w_x, text="x[t] @ w_x", line=5)
        own = tape.op("Mm", *([h] if h is not None else []), w_h, text="h @ w_h", line=5)
        both = tape.op("Add", given, own, text="x[t] @ w_x + h @ w_h", line=5)
        h = tape.op("Tanh", tape.op("Add", both, b, text="a + b", line=6), text="torch.tanh(a + b)", line=6)
        outs.append(h)
    tape.op("Mean", tape.op("Stack", *outs, text="torch.stack(outs)"), text="out.mean()")
    return tape.graph()
