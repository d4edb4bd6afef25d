"""The classic mistakes by the words of Python, torch and numpy, and the key of the sentence that says what to try.

Seen in torch 2.13 and Python 3.11. The first pattern that is found in ``TypeError: what it says`` counts, so the special
stand before the general; groups become the values `a1`, `a2` of the sentence.
"""

from __future__ import annotations

CLASSICS: tuple[tuple[str, str], ...] = (
    # shapes
    (r"mat1 and mat2 shapes cannot be multiplied \((\S+) and (\S+)\)", "matmul"),
    (r"size mismatch, got input \(\d+\), mat \((\S+)\), vec \((\d+)\)", "matvec"),
    (r"inconsistent tensor size, expected tensor \[(\d+)\] and src \[(\d+)\]", "dot"),
    (r"Expected size for first two dimensions of batch2 tensor to be: \[(.+?)\] but got: \[(.+?)\]", "bmm"),
    (r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", "broadcast"),
    (r"shape '(.+?)' is invalid for input of size (\d+)", "view"),
    (r"view size is not compatible with input tensor's size and stride", "view_stride"),
    (r"Sizes of tensors must match except in dimension|stack expects each tensor to be equal size", "cat"),
    (r"input batch_size \((\d+)\) to match target batch_size \((\d+)\)", "batch"),
    (r"expected input\[.*\] to have (\d+) channels, but got (\d+) channels", "channels"),
    (r"Calculated padded input size per channel|[Kk]ernel size can't be greater than actual input size", "kernel"),
    (r"input\.size\(-1\) must be equal to input_size. Expected (\d+), got (\d+)", "features"),
    (r"Expected more than 1 value per channel when training", "batch_norm"),
    (r"expected sequence of length (\d+)", "ragged"),
    (r"of a 0-d tensor", "zero_dim"),
    # indices
    (r"too many indices for tensor of dimension (\d+)", "too_many_indices"),
    (r"Dimension out of range", "dimension"),
    (r"Target (\S+) is out of bounds", "target"),
    (r"index out of range in self", "embedding"),
    (r"(?:list|tuple|string) index out of range", "list_index"),
    (r"index \S+ is out of (?:bounds|range)|index out of range", "index"),
    (r"^KeyError: ", "dict_key"),
    # dtypes
    (r"expected target dtype to be Long|one of the following scalar types: Long|expected scalar type Long", "long"),
    (r"expected (?:m1 and m2|scalar type|mat1 and mat2|.*same dtype)|must have the same dtype|Found dtype", "dtype"),
    (r"Only Tensors of floating point.* can require gradients", "integer_grad"),
    (r"can't be cast to the desired output type", "cast"),
    (r"Input dtype must be either a? ?floating point", "float_needed"),
    # autograd
    (r"element 0 of tensors does not require grad", "no_grad"),
    (r"grad can be implicitly created only for scalar outputs", "not_scalar"),
    (r"a (?:view of a )?leaf Variable that requires grad", "leaf_in_place"),
    (r"Trying to backward through the graph a second time", "backward_twice"),
    (r"modified by an inplace operation", "changed_in_place"),
    (r"differentiated Tensors?.* appears? to not have been used", "unused"),
    (r"Can't call numpy\(\) on Tensor that requires grad", "numpy"),
    (r"'(?:float|int)' object has no attribute 'backward'", "item"),
    # modules and optimizers
    (r"before Module\.__init__\(\) call", "super_init"),
    (r"is missing the required \"forward\" function", "forward"),
    (r"is not a Module subclass", "sequential"),
    (r"empty parameter list", "no_parameters"),
    (r"'(?:method|Linear|Sequential|[A-Z]\w*)' object is not iterable", "parameters"),
    # calls
    (
        r"unexpected keyword argument 'names'|'Tensor' object has no attribute '(?:refine_names|align_as|align_to|rename_?|has_names|names)'"
        r"|invalid combination of arguments.*names=|received an invalid combination of arguments - got \((?:Tensor, )?(?:\w+=)?str\b"
        r"|argument 'dim\w*' \(position \d\) must be (?:int|tuple of ints), not str",
        "named_tensors",
    ),
    (r"unexpected keyword argument '(\w+)'", "keyword"),
    (r"missing \d+ required (?:positional|keyword-only) argument", "missing"),
    (r"takes (?:from )?\w+(?: to \d+)? positional arguments? but \d+ (?:was|were) given", "too_many_arguments"),
    (r"argument 'tensors' \(position 1\) must be tuple of Tensors", "tensor_list"),
    # tensors as numbers
    (r"unsupported format string passed to Tensor", "format"),
    (r"elements? cannot be converted to Scalar|only one element tensors can be converted", "scalar"),
    (r"Boolean value of Tensor with more than one value", "truth"),
    (r"'torch\.return_types\.", "return_types"),
    # devices
    (r"Expected all tensors to be on the same device", "device"),
    (r"not compiled with CUDA|No CUDA GPUs|no NVIDIA driver", "cuda"),
    # Python
    (r"'NoneType'", "none"),
    (r"unsupported operand type|can only concatenate", "operands"),
    (r"values to unpack|cannot unpack", "unpack"),
    (r"cannot access local variable '(\w+)'", "local_variable"),
    (r"^ZeroDivisionError: ", "zero_division"),
    (r"^RecursionError: ", "recursion"),
)
