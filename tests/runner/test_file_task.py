"""Files of tensors through the product's own engine: every format there and back, and files that were made to do harm."""

import io
import json
import pickle
import sys
import zipfile

import h5py
import numpy as np
import pytest
import safetensors.torch
import torch

from explorer.ir import MOST_FILE_BYTES, FileRequest
from explorer.words import LANGUAGES, tell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked workers need Linux")

ALL = ("pt", "safetensors", "npy", "hdf5")
POINTS = "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])"
VALUES = [[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]]


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def hdf5(fill, **options):
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as file:
        fill(file)
    return out.getvalue()


def npy(array, **options):
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def library(target, payload):
    """What the format's own library reads, here, on its own."""
    if target == "pt":
        return torch.load(io.BytesIO(payload), weights_only=True)
    if target == "safetensors":
        return safetensors.torch.load(payload)["points"]
    if target == "npy":
        return torch.from_numpy(np.load(io.BytesIO(payload), allow_pickle=False))
    with h5py.File(io.BytesIO(payload), "r") as file:
        return torch.from_numpy(file["points"][()])


def refused(engine, payload, key, **values):
    answer, pieces = engine.file(FileRequest(), payload)
    assert (answer.status, answer.sentence and answer.sentence.key, pieces) == ("refused", key, ())
    for language in LANGUAGES:
        said = tell(answer.sentence, language)
        assert "{" not in said
        assert "Traceback" not in said
    assert values.items() <= answer.sentence.values.items()
    return answer


def test_a_tensor_goes_through_every_format_and_back(engine):
    answer, pieces = engine.file(FileRequest(code=POINTS, write=ALL))
    assert answer.status == "ok", answer.message
    assert [file.format for file in answer.written] == list(ALL)
    assert [file.nbytes for file in answer.written] == [len(piece) for piece in pieces]
    for target, file, piece in zip(ALL, answer.written, pieces, strict=True):
        assert torch.equal(library(target, piece), torch.tensor(VALUES))
        again, _ = engine.file(FileRequest(), piece)
        assert again.read.format == target
        assert [(one.shape, one.dtype, one.nbytes, one.value) for one in again.entries] == [
            ((3, 2), "float32", 24, VALUES)
        ]
        assert again.read.spans == file.spans
        data = [piece[span.start : span.end] for span in file.spans if span.kind == "data"]
        assert np.frombuffer(b"".join(data), np.float32).tolist() == [
            4,
            1,
            5,
            3,
            2,
            1,
        ]  # the elements lie where it is told


@pytest.mark.parametrize("chunk_rows", [None, 2])
def test_hdf5_reads_only_the_rows_that_were_asked_for(engine, chunk_rows):
    """Notes 3.12.1: ``dset[-2:]``. What was read is told by the library's own reads of the file."""
    code = "coords = torch.arange(40.).view(10, 4)"
    _, (payload,) = engine.file(FileRequest(code=code, write=("hdf5",), chunk_rows=chunk_rows))
    answer, _ = engine.file(FileRequest(rows=(-2, None)), payload)
    (entry,) = answer.entries
    assert (entry.name, entry.shape, entry.nbytes) == ("coords", (10, 4), 160)
    with h5py.File(io.BytesIO(payload), "r") as file:
        assert entry.value == file["coords"][-2:].tolist() == [[32, 33, 34, 35], [36, 37, 38, 39]]
    taken = b"".join(payload[read.start : read.end] for read in answer.read.reads if read.phase == "data")
    assert np.frombuffer(taken, np.float32).tolist() == list(range(32, 40))
    assert sum(span.kind == "chunk" for span in answer.read.spans) == (5 if chunk_rows else 0)


def test_the_notes_file_of_ones(engine):
    """Notes 3.12: ``points = torch.ones(3, 4)`` saved, and ``dset[-1]``, ``dset[-2:]`` of it."""
    _, (pt, dataset) = engine.file(FileRequest(code="points = torch.ones(3, 4)", write=("pt", "hdf5")))
    assert torch.equal(torch.load(io.BytesIO(pt), weights_only=True), torch.ones(3, 4))
    answer, _ = engine.file(FileRequest(rows=(-2, None)), dataset)
    assert answer.entries[0].value == torch.ones(2, 4).tolist()
    answer, _ = engine.file(FileRequest(rows=(-1, None)), dataset)
    assert answer.entries[0].value == [[1.0, 1.0, 1.0, 1.0]]


def test_a_view_is_saved_with_its_whole_storage_by_torch_and_alone_by_the_others(engine):
    answer, _ = engine.file(FileRequest(code="row = torch.arange(1000.)[:2]", names=("row",), write=ALL))
    held = {
        file.format: sum(span.end - span.start for span in file.spans if span.kind == "data") for file in answer.written
    }
    assert held == {"pt": 4000, "safetensors": 8, "npy": 8, "hdf5": 8}


def test_what_a_format_cannot_hold_is_said_and_the_others_are_written(engine):
    answer, pieces = engine.file(FileRequest(code="w = torch.ones(2, dtype=torch.bfloat16)", write=ALL))
    keys = [file.sentence and file.sentence.key for file in answer.written]
    assert keys == [None, None, "files.dtype.torch", "files.dtype.torch"]
    assert len(pieces) == 2
    answer, _ = engine.file(FileRequest(code="a, b = torch.ones(2), torch.ones(3)", write=ALL))
    assert [file.sentence and file.sentence.key for file in answer.written] == [None, None, "files.npy.one", None]
    for code in ("s = torch.eye(2).to_sparse()", "m = torch.ones(2, device='meta')", "print(1)"):
        answer, _ = engine.file(FileRequest(code=code, write=ALL))
        for file in answer.written:
            assert file.nbytes or tell(file.sentence)


def test_a_state_dict_is_read_by_its_names(engine):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    for payload in (saved(model.state_dict()), safetensors.torch.save(model.state_dict())):
        answer, _ = engine.file(FileRequest(), payload)
        assert {one.name: one.shape for one in answer.entries} == {
            name: tuple(value.shape) for name, value in model.state_dict().items()
        }
    answer, _ = engine.file(FileRequest(), saved({"step": 3, "weights": [torch.ones(2)]}))
    assert ([one.name for one in answer.entries], answer.others) == (["weights.0"], 1)
    assert engine.file(FileRequest(), saved(torch.ones(2), _use_new_zipfile_serialization=False))[0].status == "ok"


def test_code_that_fails_says_so_with_its_line(engine):
    answer, pieces = engine.file(FileRequest(code="x = 1\ny = torch.zeros(2) + torch.zeros(3)", write=ALL))
    assert (answer.status, answer.line, pieces) == ("error", 2, ())
    answer, _ = engine.file(FileRequest(code="import os", write=ALL))
    assert (answer.status, answer.line) == ("refused", 1)


class Harm:
    """Asks to be built by any function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_with_code_is_refused_by_the_name_it_asks_for(engine, tmp_path, protocol):
    import os

    trace = tmp_path / "ran"
    harm = Harm(os.system, f"touch {trace}")
    answer = refused(engine, pickle.dumps(harm, protocol), "files.pickle" if protocol else "files.unknown")
    if protocol:
        assert answer.sentence.values["wanted"] == "posix.system"
    for payload in (saved({"a": torch.ones(2), "b": harm}), saved(harm, pickle_protocol=protocol or 2)):
        refused(engine, payload, "files.pickle", wanted="posix.system")
    refused(engine, saved(Harm(eval, "1 + 1")), "files.pickle", wanted="eval")
    assert not trace.exists()


def test_a_whole_module_is_refused_by_the_name_of_its_class(engine):
    refused(engine, saved(torch.nn.Linear(2, 2)), "files.pickle", wanted="torch.nn.modules.linear.Linear")


def test_archives_that_are_none_of_torchs(engine):
    def archive(compression, **parts):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as file:
            for name, content in parts.items():
                file.writestr(name.replace("__", "/"), content)
        return out.getvalue()

    bomb = archive(zipfile.ZIP_DEFLATED, **{"a__data.pkl": b"\x80\x02.", "a__data__0": bytes(50 * 2**20)})
    assert len(bomb) < 2**20
    refused(engine, bomb, "files.pt.packed")
    refused(engine, archive(zipfile.ZIP_STORED, **{"a.txt": b"1"}), "files.zip")
    refused(engine, archive(zipfile.ZIP_STORED, **{"x.npy": b"1"}), "files.npz")
    script = archive(zipfile.ZIP_STORED, **{"a__data.pkl": b"\x80\x02.", "a__constants.pkl": b"\x80\x02."})
    refused(engine, script, "files.pt.script")


def test_shapes_that_are_larger_than_the_file(engine):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    refused(engine, b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"1234", "files.size")
    table = json.dumps({"w": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}}).encode()
    refused(engine, len(table).to_bytes(8, "little") + table + b"1234", "files.broken")
    refused(engine, hdf5(lambda f: f.create_dataset("big", (10**9, 10**6), "f4", chunks=(1, 1))), "files.unpacked")
    zeros = hdf5(lambda f: f.create_dataset("z", (2**40,), "u1", chunks=(2**20,), compression="gzip"))
    refused(engine, zeros, "files.unpacked")
    whole = hdf5(lambda f: f.create_dataset("z", data=np.zeros(2**23, "u1"), chunks=(2**20,), compression="gzip"))
    answer, _ = engine.file(FileRequest(), whole)
    assert (answer.status, answer.entries[0].nbytes) == ("ok", 2**23)  # a small file may hold many equal bytes


def test_objects_in_npy_and_other_dtypes(engine):
    refused(engine, npy(np.array([{"a": 1}]), allow_pickle=True), "files.npy.objects")
    refused(engine, npy(np.array(["text"])), "files.dtype.numpy")
    refused(engine, npy(np.zeros(2, [("x", "f4")])), "files.dtype.numpy")
    answer, _ = engine.file(FileRequest(), npy(np.asfortranarray(np.arange(6.0, dtype=">f8").reshape(2, 3))))
    assert (answer.entries[0].dtype, answer.entries[0].value) == ("float64", [[0, 1, 2], [3, 4, 5]])


def test_hdf5_that_points_elsewhere(engine, tmp_path):
    """Written to a folder first, so that there is something to point at."""
    outside = tmp_path / "secret.hdf5"
    with h5py.File(outside, "w") as file:
        file["x"] = np.arange(3.0)
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(str(outside), "x", (3,))
    raw = [(str(outside), 0, h5py.h5f.UNLIMITED)]

    def link(file):
        file["there"] = h5py.ExternalLink(str(outside), "x")

    refused(engine, hdf5(link), "files.hdf5.link", file=str(outside))
    refused(engine, hdf5(lambda f: f.create_virtual_dataset("v", layout)), "files.hdf5.virtual")
    refused(engine, hdf5(lambda f: f.create_dataset("e", (3,), "f8", external=raw)), "files.hdf5.link")

    def loop(file):
        file["a/b"] = np.arange(2.0)
        file["a/again"] = file["/"]
        file["soft"] = h5py.SoftLink("/a/b")
        file["text"] = "words"

    answer, _ = engine.file(FileRequest(), hdf5(loop))
    assert answer.status == "ok"
    assert "a/b" in [one.name for one in answer.entries]

    def scaled(file):
        file.create_dataset("s", data=np.arange(4), chunks=(2,), scaleoffset=0)

    refused(engine, hdf5(scaled), "files.hdf5.filter", number="6")


@pytest.mark.parametrize("target", ALL)
def test_a_file_that_was_cut_off_or_damaged(engine, target):
    _, (payload,) = engine.file(FileRequest(code="points = torch.arange(600.)", write=(target,)))
    for at in (len(payload) // 2, len(payload) - 1, 9):
        answer, _ = engine.file(FileRequest(), payload[:at])
        assert (answer.status, bool(tell(answer.sentence))) == ("refused", True)
    damaged = bytearray(payload)
    damaged[8:200:7] = bytes(255 - byte for byte in damaged[8:200:7])
    answer, _ = engine.file(FileRequest(), bytes(damaged))
    assert answer.status == "ok" or tell(answer.sentence)


def test_bytes_of_no_format_and_too_many(engine):
    refused(engine, b"", "files.empty")
    refused(engine, b"hello, this is text", "files.unknown")
    answer, _ = engine.file(FileRequest(), bytes(MOST_FILE_BYTES + 1))
    assert (answer.status, answer.sentence.key) == ("refused", "files.upload")
    answer, _ = engine.file(FileRequest(code="x = torch.zeros(3 * 2**20)", write=("npy",)))
    assert answer.written[0].sentence.key == "files.large"
