"""What the README promises of the wall, each attempted from plain Python inside it, without gate or facade."""

import re
import sys

import pytest

from explorer.ir import Layer
from tests.runner.bare import SETTINGS

FORBIDDEN = {
    "read a file": "open('/etc/hostname').read()",
    "read its own memory map": "open('/proc/self/maps').read()",
    "write a file": "open('/tmp/escape', 'w')",
    "make a file without a name": "import os\nos.memfd_create('x')",
    "make a folder": "import os\nos.mkdir('/tmp/escape')",
    "delete a file": "import os\nos.unlink('/tmp/escape')",
    "list a folder": "import os\nos.listdir('/')",
    "look up a path": "import os\nos.stat('/etc')",
    "where it is": "import os\nos.getcwd()",
    "change folder": "import os\nos.chdir('/')",
    "follow a link": "import os\nos.readlink('/proc/self/exe')",
    "open an internet socket": "import socket\nsocket.socket()",
    "open a local socket": "import socket\nsocket.socket(socket.AF_UNIX)",
    "open a pair of sockets": "import socket\nsocket.socketpair()",
    "fork": "import os\nos.fork()",
    "run a program": "import os\nos.execv('/bin/sh', ['sh'])",
    "spawn a program": "import os\nos.posix_spawn('/bin/sh', ['sh'], {})",
    "start a thread": "import threading\nthreading.Thread(target=print).start()",
    "kill its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)",
    "probe its parent": "import os\nos.kill(os.getppid(), 0)",
    "signal everybody": "import os\nos.kill(-1, 0)",
    "hold its parent": "import os\nos.pidfd_open(os.getppid())",
    "the machine's name": "import os\nos.uname()",
    "change a limit": "import resource\nresource.prlimit(0, resource.RLIMIT_CORE, (0, 0))",
    "lower its priority": "import os\nos.nice(-1)",
    "leave its session": "import os\nos.setsid()",
    "make a pipe": "import os\nos.pipe()",
    "map shared files": "import mmap, os\nmmap.mmap(os.open('/dev/zero', os.O_RDWR), 1)",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_kernel_refuses(bare, name):
    run = bare.run(FORBIDDEN[name] + "\nout = 'went through'")
    assert run.status == "error", run.stdout
    assert re.match("PermissionError|OSError|RuntimeError: can't start|BlockingIOError", run.message)


SYSTEM_CALLS = {
    "ptrace": "libc.ptrace(16, os.getppid(), 0, 0)",
    "process_vm_readv": "libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)",
    "clone": "libc.syscall(56, 17, 0, 0, 0, 0)",
    "io_uring_setup": "libc.syscall(425, 1, 0)",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "openat2": "libc.syscall(437, -100, b'/etc/hostname', 0, 24)",
    "prctl": "libc.prctl(4, 1, 0, 0, 0)",
    "userfaultfd": "libc.syscall(323, 0)",
    "perf_event_open": "libc.syscall(298, 0, 0, -1, -1, 0)",
    "unshare": "libc.unshare(0x10000000)",
    "shmget": "libc.shmget(0, 4096, 0o1600)",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux system calls")
@pytest.mark.parametrize("name", SYSTEM_CALLS)
def test_no_system_call_beyond_the_list(bare, name):
    code = (
        f"import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nout = ({SYSTEM_CALLS[name]}, ctypes.get_errno())"
    )
    assert bare.run(code).stdout == "(-1, 1)"  # EPERM


def test_nothing_is_inherited(bare):
    code = """
import fcntl, os
def is_open(number):
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True
out = (dict(os.environ), sum(map(is_open, range(4096))))
"""
    assert bare.run(code).stdout == "({}, 4)"  # stdin, stdout and stderr, which are /dev/null, and the wire


def test_memory_has_an_end(bare):
    for code in (
        "bytearray(10**11)",
        "import torch\ntorch.ones(10**11)",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 10**7))",
    ):
        run = bare.run(code)
        assert run.status == "error"
        assert re.match(
            "MemoryError|RuntimeError: .*can't allocate memory|OSError: .*Cannot allocate memory", run.message
        )


def test_the_limit_leaves_the_room_that_was_promised(bare):
    code = "import mmap\nout = len(mmap.mmap(-1, 400 * 2**20))"  # asked for, not touched, which takes time
    assert bare.run(code).stdout == str(400 * 2**20)  # of 512 MiB


def test_cpu_time_has_an_end_without_the_parents_clock(bare):
    # The kernel's own limit: the run's seconds, 2 s of grace, and one, since it counts whole seconds; a second later it kills.
    seconds = int(SETTINGS.seconds) + 3
    run = bare.run("import resource\nout = resource.getrlimit(resource.RLIMIT_CPU)")
    assert run.stdout == str((seconds, seconds + 1))


def test_full_wall_is_reported_here(bare):
    wall = bare.engine.wall
    assert wall.level == "full"
    assert wall.escaped == ()
    assert {layer.name for layer in wall.layers} == {"limits", "privileges", "landlock", "seccomp"}
    assert all(isinstance(layer, Layer) for layer in wall.layers)


def test_nothing_is_imported_late(bare):
    code = """
import sys
before = set(sys.modules)
import torch
from torch import nn, optim
import torch.nn.functional as F
x = torch.randn(4, 3, requires_grad=True)
for make in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta, optim.NAdam, optim.LBFGS):
    optimizer = make([x], lr=0.1)
    optimizer.zero_grad()
    (x ** 2).sum().backward()
    optimizer.step(lambda: (x ** 2).sum())
for layer in (nn.Conv1d(4, 4, 1), nn.LayerNorm(3), nn.GroupNorm(3, 3), nn.MaxPool1d(2), nn.Softmax(-1), nn.GELU(), nn.GRU(3, 2), nn.RNN(3, 2)):
    repr(layer)
    layer(x)
nn.MultiheadAttention(4, 2)(torch.randn(3, 1, 4), torch.randn(3, 1, 4), torch.randn(3, 1, 4))
nn.Transformer(4, 2, 1, 1, 8)(torch.randn(3, 1, 4), torch.randn(2, 1, 4))
nn.init.kaiming_normal_(torch.empty(3, 3)), nn.init.orthogonal_(torch.empty(3, 3))
torch.linalg.inv(x[:3]), torch.linalg.det(x[:3]), torch.linalg.cholesky(torch.eye(3)), torch.fft.fft(x).abs().sum().backward()
torch.einsum('ij,kj->ik', x, x), torch.topk(x, 2), torch.sort(x), torch.cdist(x, x), x.unfold(0, 2, 1), torch.stft
F.interpolate(torch.randn(1, 1, 4, 4), scale_factor=2), F.grid_sample(torch.randn(1, 1, 4, 4), torch.randn(1, 2, 2, 2), align_corners=False)
F.one_hot(torch.tensor([0, 1])), F.kl_div(x, x.detach()), F.ctc_loss, F.cosine_similarity(x, x), F.scaled_dot_product_attention(x, x, x)
torch.distributions.Normal(0., 1.).rsample(), torch.distributions.Categorical(torch.ones(3)).log_prob(torch.tensor(1))
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        ctx.save_for_backward(value)
        return value * 2
    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2
Double.apply(x).sum().backward()
torch.autograd.grad((x ** 3).sum(), x, create_graph=True)[0].sum().backward()
torch.func.jacrev(lambda v: v ** 2)(torch.ones(2)), torch.func.hessian(lambda v: (v ** 3).sum())(torch.ones(2)), torch.func.vmap(torch.dot)(x.detach(), x.detach())
print(x, x.dtype, torch.tensor([1e10, 1e-10]), torch.sparse_coo_tensor([[0], [0]], [1.]), torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8))
copy = __import__('copy').deepcopy(nn.Linear(2, 2)).state_dict()
with torch.autocast('cpu'):
    nn.Linear(3, 3)(x)
with torch.no_grad(), torch.inference_mode():
    x * 2
import numpy as np, random, math
np.random.rand(2), np.linalg.svd(np.eye(2)), np.fft.fft(np.ones(4)), np.polyfit([0, 1, 2], [0, 1, 4], 1), random.gauss(0, 1), x.detach().numpy()
out = sorted(set(sys.modules) - before)
"""
    run = bare.run(code)
    assert (run.message, run.stdout) == (None, "[]")
