"""Random graphs with nested modules, attributed at will: also in ways that no forward pass would."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.graph.graphs import Example, Tape

PATHS = (None, "m", "m.a", "m.a.0", "m.a.1", "m.b", "m.b.deep.er", "n")


@st.composite
def examples(draw: st.DrawFn, most: int = 24) -> Example:
    tape = Tape()
    made = [tape.leaf(name) for name in ("x", "m.a.0.weight", "free.weight")]
    for _ in range(draw(st.integers(1, most))):
        inputs = draw(st.lists(st.sampled_from(made), min_size=0, max_size=3))
        module, call = draw(st.sampled_from(PATHS)), draw(st.integers(0, 1))
        made.append(tape.op("Op", *inputs, module=module, call=call))
    results = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True))
    return tape.graph(made[-1], *[result for result in results if result != made[-1]])


opened = st.none() | st.frozensets(st.sampled_from([path for path in PATHS if path]))
