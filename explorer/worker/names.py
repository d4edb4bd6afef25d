"""The names that typed code may use beside those of its imports: builtins, and attributes that begin with an underscore or are doors.

The builtins are an allow list. Attributes cannot be one: ``x.summ`` must reach torch's own AttributeError, and the gate cannot
tell a typing slip from a name that some object has. So attributes are refused by name where they are doors, and what makes
that hold is the facade, which hands out few objects, and a test that walks all they lead to.
"""

from __future__ import annotations

import builtins
from types import MappingProxyType


def words(text: str) -> frozenset[str]:
    """Names set out over lines, so that a list of a hundred can be read."""
    return frozenset(text.split())


_FUNCTIONS = words("""
    abs all any ascii bin bool bytes callable chr classmethod complex dict divmod enumerate filter float format frozenset
    hash hex id int isinstance issubclass iter len list map max min next object oct ord pow print property range repr
    reversed round set slice sorted staticmethod str sum super tuple type zip Ellipsis NotImplemented
""")

_NOT_TO_RAISE = {"SystemExit", "BaseExceptionGroup", "ExceptionGroup"}

_EXCEPTIONS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException) and name not in _NOT_TO_RAISE
}

BUILTINS = _FUNCTIONS | _EXCEPTIONS

PRESETS = MappingProxyType(
    {
        "torch": "torch",
        "nn": "torch.nn",
        "F": "torch.nn.functional",
        "optim": "torch.optim",
        "math": "math",
        "np": "numpy",
        "random": "random",
    }
)
"""Names that are there without an import, and the modules they show."""

INSTEAD = MappingProxyType(
    {
        **dict.fromkeys(("eval", "exec", "compile", "__import__"), "gate.builtin.code"),
        **dict.fromkeys(("getattr", "setattr", "hasattr", "delattr"), "gate.builtin.attribute"),
        **dict.fromkeys(("vars", "dir", "globals", "locals", "help"), "gate.builtin.look"),
        **dict.fromkeys(("open",), "gate.builtin.file"),
        **dict.fromkeys(("input", "breakpoint"), "gate.builtin.input"),
        **dict.fromkeys(("exit", "quit", "SystemExit"), "gate.builtin.exit"),
    }
)
"""For a builtin that is missed: the sentence that says what to use in its place."""

_DOORS = {
    "gate.door.frame": """
        tb_frame tb_next tb_lasti tb_lineno f_back f_builtins f_code f_globals f_locals f_trace f_lineno f_lasti
        f_trace_lines f_trace_opcodes gi_frame gi_code gi_yieldfrom gi_running gi_suspended cr_frame cr_code cr_await
        cr_origin cr_running ag_frame ag_code ag_await ag_running co_code co_consts co_names co_varnames co_filename
        co_freevars co_cellvars co_lines co_positions with_traceback throw cell_contents func_globals func_code
        im_func im_self mro
    """,
    "gate.door.file": """
        tofile fromfile dump dumps from_file from_buffer load_library to_folder export_chrome_trace
        export_stacks export_memory_timeline memmap loadtxt savetxt save_to_buffer save_for_lite_interpreter
    """,
    "gate.door.process": """
        share_memory share_memory_ set_sharing_strategy multiprocessing_context
        load_module find_spec record_stream ipc_handle from_ipc_handle
    """,
    "gate.door.memory": "data_ptr const_data_ptr mutable_data_ptr ctypes cffi capsule bit_generator setflags cdata",
    "gate.door.code": "compile redispatch register_kl format_map get_type_hints import_ir_module graph_module",
}

DOORS = MappingProxyType({name: key for key, names in _DOORS.items() for name in words(names)})
"""Public attributes that are refused on any object, each with the sentence for it."""

OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for name in words("add sub mul truediv floordiv mod pow matmul and or xor lshift rshift divmod")
    for prefix in ("", "r", "i")
)

METHODS = OPERATORS | words(
    """
    __init__ __post_init__ __call__ __repr__ __str__ __format__ __len__ __getitem__ __setitem__ __delitem__ __iter__
    __next__ __reversed__ __contains__ __missing__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __int__
    __float__ __index__ __complex__ __round__ __neg__ __pos__ __abs__ __invert__ __enter__ __exit__ __torch_function__
    """
)
"""Special methods that a class may define, and call on ``super()``. The others (``__del__``, ``__getattr__``,
``__init_subclass__``, ``__new__``, descriptors, ...) run at moments that code does not show, or answer names made of text."""

READABLE = frozenset({"__name__", "__version__"})
"""Special attributes that are plain text; ``__class__`` is read only on the way to one of them."""

OF_CAUGHT = frozenset({"obj"})
"""Attributes of a caught exception that hand out what it happened to."""

LOADER = frozenset({"num_workers", "pin_memory", "persistent_workers", "multiprocessing_context"})
"""Arguments that ask for other processes or threads: nothing but an off value passes."""

SCRIPT = frozenset({"__all__", "__author__", "__version__"})
"""Names that pasted files bind at their top, to no effect."""

PRIVATE = frozenset({"_version", "_base", "_is_view", "_asdict", "_replace", "_fields"})
"""Private attributes that notes read; so are those of a node that begin with `SAVED`."""

SAVED = ("_saved_", "_raw_saved_")

LIBRARIES = words(
    """
    torchvision torchaudio torchtext torchinfo torchsummary torchviz torchmetrics lightning pytorch_lightning timm
    transformers datasets tensorboard tensorboardX PIL cv2 skimage matplotlib seaborn plotly pandas scipy sklearn h5py
    safetensors tensorflow keras jax tqdm IPython google wandb einops
    """
)
"""Libraries that notes import beside torch, and that are not here."""

ON_THE_FILES_SECTION = frozenset({"torch.save", "torch.load", "numpy.save", "numpy.load", "h5py", "safetensors"})
"""What typed code may not do and the section NumPy & files of the Tensors page does instead."""


QUANTISED = words("""
    torch.quantize_per_tensor torch.quantize_per_channel torch.quantize_per_tensor_dynamic torch.quint8 torch.qint8 torch.qint32
""")
"""Names that torch is about to drop."""


def hidden(path: str) -> str:
    """The key of the sentence for a name that a module has, but does not show here."""
    if path in QUANTISED:
        return "gate.quantised"
    return "gate.hidden.files" if path in ON_THE_FILES_SECTION else "gate.hidden"
