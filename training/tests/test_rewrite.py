"""3D layers written for ONNX Runtime's 2D kernels answer as PyTorch's own 3D layers do."""

import io

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from gliatrain.cascade import plain
from gliatrain.cascade.brain import BrainNet
from gliatrain.cascade.network import ViewNet, ViewVariant
from gliatrain.export import graphs, halve
from gliatrain.rewrite import rewrite

FREE = {0: None, 2: "z", 3: "y", 4: "x"}


def exported(net: nn.Module, x: torch.Tensor) -> onnx.ModelProto:
    stored = io.BytesIO()
    axes = {name: {k: v for k, v in FREE.items() if v} for name in ("image", "out")}
    torch.onnx.export(
        net.eval(), (x,), stored, input_names=["image"], output_names=["out"], opset_version=17, dynamo=False, dynamic_axes=axes
    )
    return onnx.load_from_string(stored.getvalue())


def nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Those of loops and branches as well."""
    return [node for graph in graphs(model.graph) for node in graph.node]


def kinds(model: onnx.ModelProto) -> list[tuple[str, int]]:
    """Each layer with a kernel, and in how many dimensions it lies."""
    return [(one.op_type, len(a.ints)) for one in nodes(model) for a in one.attribute if a.name == "kernel_shape"]


def run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"image": x})[0]


def volume(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).standard_normal((1, *shape), dtype=np.float32))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_a_3x3x3_convolution_is_three_2d_ones(stride, bias):
    torch.manual_seed(1)
    net = nn.Conv3d(3, 5, 3, stride=stride, padding=1, bias=bias)
    model = rewrite(exported(net, volume(3, 8, 6, 10)))
    assert kinds(model) == [("Conv", 2)] * 3
    for shape in ((3, 8, 6, 10), (3, 7, 9, 5)):  # another size, and odd ones, than the one that was traced
        x = volume(*shape)
        np.testing.assert_allclose(run(model, x.numpy()), net(x).detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_a_transposed_convolution_is_a_1x1x1_one_and_depth_to_space(bias):
    torch.manual_seed(2)
    net = nn.ConvTranspose3d(6, 4, 2, stride=2, bias=bias)
    model = rewrite(exported(net, volume(6, 4, 6, 2)))
    assert "ConvTranspose" not in {one.op_type for one in model.graph.node}
    for shape in ((6, 4, 6, 2), (6, 3, 5, 7)):
        x = volume(*shape)
        np.testing.assert_allclose(run(model, x.numpy()), net(x).detach().numpy(), atol=1e-6)


def test_weights_stored_in_half_precision_are_rewritten_and_keep_their_names():
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv3d(4, 16, 3, padding=1), nn.LeakyReLU(), nn.ConvTranspose3d(16, 16, 2, stride=2))
    x = volume(4, 4, 4, 4)
    model = exported(net, x)
    halve(model)
    stored = {one.name: list(one.dims) for one in model.graph.initializer}
    before, after = run(model, x.numpy()), rewrite(model)
    assert {name: dims for name, dims in ((one.name, list(one.dims)) for one in after.graph.initializer) if name in stored} == stored
    np.testing.assert_allclose(run(after, x.numpy()), before, atol=1e-5)


def test_what_is_not_of_that_kind_stays():
    net = nn.Sequential(nn.Conv3d(2, 2, 3, padding=2, dilation=2), nn.Conv3d(2, 2, 1), nn.ConvTranspose3d(2, 2, 4, stride=2, padding=1))
    x = volume(2, 6, 6, 6)
    model = exported(net, x)
    before = kinds(model)
    assert kinds(rewrite(model)) == before == [("Conv", 3), ("Conv", 3), ("ConvTranspose", 3)]


def test_either_can_be_left_as_it_is():
    net = nn.Sequential(nn.Conv3d(2, 2, 3, padding=1), nn.ConvTranspose3d(2, 2, 2, stride=2))
    x = volume(2, 6, 6, 6)
    assert kinds(rewrite(exported(net, x), convolutions=False)) == [("Conv", 3), ("Conv", 3)]
    assert kinds(rewrite(exported(net, x), doublings=False)) == [("Conv", 2)] * 3 + [("ConvTranspose", 3)]


@pytest.mark.parametrize("strides", [1, 2])
def test_a_views_network_without_its_rewritings_answers_as_it_does_with_them(strides):
    torch.manual_seed(strides)
    net = ViewNet(ViewVariant(strides)).eval()
    for name, one in net.named_parameters():
        if name.endswith(("scale", "shift", "act.weight", "act0.weight")):
            torch.nn.init.uniform_(one, 0.1, 0.9)
    x = volume(11, 4, 24, 32)[0]
    with torch.no_grad():
        measured, *others = (step.eval()(x) for step in plain.steps_of_view(net))
        expected = net(x)
    assert len(others) == len(plain.TITLES) - 1
    for one in others:
        torch.testing.assert_close(one, expected, atol=1e-4, rtol=1e-4)
    assert measured.shape == expected.shape
    assert not torch.allclose(measured, expected, atol=0.1)  # statistics of the volume, not fixed ones


def test_the_plain_file_has_what_the_rewritings_take_away(tmp_path):
    net = ViewNet(ViewVariant(1)).eval()
    files = plain.write_view(net, "core-axial", tmp_path)
    ops = [{one.op_type for one in nodes(onnx.load(str(tmp_path / one["file"])))} for one in files]
    convs = [{k for _, k in kinds(onnx.load(str(tmp_path / one["file"])))} for one in files]
    assert "InstanceNormalization" in ops[0]
    assert "InstanceNormalization" not in ops[1]
    assert convs == [{3}, {3}, {2}, {2}, {2}, {2}]
    assert ["ConvTranspose" in one for one in ops] == [True, True, True, False, False, False]
    assert ["PRelu" in one for one in ops] == [True, True, True, True, False, False]
    assert ["Scan" in one for one in ops] == [False, False, False, False, False, True]
    files = plain.write_3d(BrainNet((2, 3)).eval(), volume(4, 16, 16, 32), "brain", tmp_path, {2: "z", 3: "y", 4: "x"})
    kept = [set(kinds(onnx.load(str(tmp_path / one["file"])))) for one in files]
    assert ("ConvTranspose", 3) in kept[1]
    assert kept[2] == {("Conv", 2), ("Conv", 3)}  # of 1x1x1 alone in 3D
