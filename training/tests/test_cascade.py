"""The cascade's networks, degradations, patches and inference, on made-up volumes."""

import copy
import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from gliatrain import checkpoints
from gliatrain.cascade import card, chain, degrade, flair, from_bundle, incomplete, measure, patches, soup, student, with_unet
from gliatrain.cascade import train as cascade_train
from gliatrain.cascade.bundle import ROOT, graph, halve_files
from gliatrain.cascade.export import export_view, export_views
from gliatrain.cascade.network import CONTEXT, ViewNet, ViewVariant
from gliatrain.cascade.train import Engine, Member, view_loss
from gliatrain.cascade.volumes import Volume, signed_distance, z_scores
from gliatrain.cascade.weights import NETWORKS
from gliatrain.data import Lesion
from gliatrain.export import graphs
from gliatrain.losses import NCR


def net(strides: int, seed: int = 0) -> ViewNet:
    torch.manual_seed(seed)
    made = ViewNet(ViewVariant(strides))
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.2)
    return made.eval()


def head(seed: int = 0, shape=(60, 70, 50)) -> Volume:
    """An ellipsoid brain with an off-centre tumour of three classes."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    brain = z**2 + y**2 + x**2 < 0.8
    label = np.zeros(shape, np.uint8)
    for code, radius in ((2, 0.35), (1, 0.25), (3, 0.15)):
        label[(z - 0.2) ** 2 + (y + 0.3) ** 2 + (x - 0.25) ** 2 < radius**2] = code
    image = rng.standard_normal((4, *shape)).astype(np.float32) * 0.3 + label * 0.8
    image[:, ~brain] = -5
    return Volume("made up", image.astype(np.float16), label * brain, signed_distance(brain), (True,) * 4, False)


def a_lesion() -> Lesion:
    return Lesion("p", np.full((4, 12, 12, 12), 2, np.float16), np.pad(np.full((8, 8, 8), 3, np.uint8), 2))


@pytest.mark.parametrize("strides", [1, 2])
def test_a_slice_sees_four_neighbours_on_either_side(strides):
    made = net(strides)
    x = torch.randn(CONTEXT * 2 + 5, 4, 24, 32, requires_grad=True)
    y = made(x)
    assert y.shape == (5, 2, 24, 32)
    y[2].sum().backward()
    touched = x.grad.abs().amax((1, 2, 3)) > 0
    assert touched.tolist() == [False] * 2 + [True] * 9 + [False] * 2


@pytest.mark.parametrize(("strides", "steep"), [(1, False), (2, True)])
def test_both_onnx_files_answer_as_the_network_at_other_sizes(strides, steep, tmp_path):
    made, path = net(strides), tmp_path / "net.onnx"
    if steep:  # PReLU is a maximum only for slopes of at most 1
        made.fuse2.act.weight.data[3] = 1.5
    x = torch.randn(13, 4, 28, 36)
    with torch.no_grad():
        before = made(x).numpy()
    assert export_view(made, path) == ["net.onnx", "net.cpu.onnx"]
    for file in (path, tmp_path / "net.cpu.onnx"):
        session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        np.testing.assert_allclose(session.run(None, {"image": x.numpy()})[0], before, atol=1e-4 * np.abs(before).max())
        nodes = [n.op_type for graph in graphs(onnx.load(str(file)).graph) for n in graph.node]
        assert "ConvTranspose" not in nodes
        assert nodes.count("PRelu") == (1 if steep else 0)


def test_a_missing_flair_is_estimated_inside_the_file_and_one_that_is_there_stays(tmp_path):
    torch.manual_seed(3)
    fill_in, made = flair.FillIn(flair.FlairNet()).eval(), net(2)
    names = export_view(copy.deepcopy(made), tmp_path / "whole.onnx", fill_in)
    sessions = [ort.InferenceSession(str(tmp_path / name)) for name in names]
    there = torch.randn(2 * CONTEXT + 4, 4, 24, 36)
    missing = there.clone()
    missing[:, degrade.FLAIR] = 0
    with torch.no_grad():
        estimated = fill_in(missing)
        assert estimated[:, degrade.FLAIR].abs().max() > 0.01
        assert torch.equal(estimated[:, :3], missing[:, :3])
        for given, seen in ((there, there), (missing, estimated)):
            for session in sessions:
                np.testing.assert_allclose(session.run(None, {"image": given.numpy()})[0], made(seen).numpy(), atol=1e-2, rtol=1e-3)


def test_the_estimate_of_flair_learns_what_the_other_sequences_say_and_stays_zero_outside(tmp_path):
    v = head()
    image = v.image.copy()
    image[3] = image[2] - image[0]
    learned = flair.train([v.with_image(image)], tmp_path, minutes=0.25)
    x = torch.from_numpy((image * (v.distance < 0)).astype(np.float32)[:3]).permute(1, 0, 2, 3)
    with torch.no_grad():
        y = learned(x)[:, 0].numpy()
    inside = v.distance < 0
    assert np.corrcoef(y[inside], image[3][inside].astype(np.float32))[0, 1] > 0.6
    assert not y[~inside].any()


def test_thick_slices_keep_the_mean_and_lose_what_is_thin():
    volume = np.zeros((40, 12, 10), np.float32)
    volume[20] = 1
    blurred = degrade.thick_slices(volume, 0, 5.0, 0.3)
    assert blurred.sum() == pytest.approx(volume.sum(), rel=0.15)
    assert 0.05 < blurred.max() < 0.5
    np.testing.assert_allclose(degrade.thick_slices(np.ones_like(volume), 2, 4.0, 0.7), 1, atol=1e-5)


def test_warping_moves_the_named_axis():
    volume = np.zeros((1, 11, 13, 17), np.float32)
    volume[0, 5, 6, 10] = 1
    moved = degrade.warp(volume, np.eye(3), np.array([0.0, 0.0, 2.0]))
    assert np.unravel_index(moved[0].argmax(), moved[0].shape) == (5, 6, 8)
    flipped = degrade.warp(volume, np.diag([1, 1, -1]), np.zeros(3))
    assert np.unravel_index(flipped[0].argmax(), flipped[0].shape) == (5, 6, 6)


def test_a_degraded_study_is_zero_outside_its_mask_and_normal_inside():
    cube = Lesion("p", np.full((4, 9, 12, 12), 2, np.float16), np.full((9, 12, 12), 3, np.uint8))
    for seed in range(6):
        image, label, mask = degrade.hospital(head(), [cube], np.random.default_rng(seed))
        assert not image[:, ~mask].any()
        assert not label[~mask].any()
        np.testing.assert_allclose([c[mask].mean() for c in image], 0, atol=0.05)
        np.testing.assert_allclose([c[mask].std() for c in image], 1, atol=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_a_hollow_tumour_keeps_its_outline_and_changes_inside_it_alone(seed):
    v = head()
    hollowed = degrade.hollow(v, np.random.default_rng(seed))
    assert ((hollowed.label > 0) == (v.label > 0)).all()
    assert (hollowed.image == v.image)[:, v.label == 0].all()
    assert not hollowed.image[np.array(v.present) == 0].any()
    assert set(hollowed.label[hollowed.label != v.label]) <= {NCR}
    assert (hollowed.image != v.image).any()


def test_some_tumours_become_cysts_that_flair_suppresses_and_some_stay_pale():
    v = head()
    tumour = v.label > 0
    darkest = [
        float(np.percentile(degrade.hollow(v, np.random.default_rng(seed)).image[degrade.FLAIR][tumour].astype(float), 10))
        for seed in range(20)
    ]
    assert min(darkest) < -1
    assert max(darkest) > 0


def test_lesions_that_are_no_tumour_brighten_flair_and_label_nothing():
    v = head()
    changed = degrade.white_matter_lesions(v, np.random.default_rng(3))
    difference = changed.image.astype(np.float32) - v.image
    assert difference[3].max() > 0.5
    assert difference[0].min() < -0.2
    np.testing.assert_array_equal(changed.label, v.label)
    assert not difference[:, v.label > 0].any()


@pytest.mark.parametrize("stage", patches.STAGES)
@pytest.mark.parametrize("view", patches.VIEWS)
def test_patches_have_their_shape_and_show_their_target(stage, view):
    v = head()
    study = (z_scores(v.image.astype(np.float32) + 6, v.distance < 0) * (v.distance < 0), v.label, v.distance < 0)
    size, seen = patches.SIZE[stage], 0
    for seed in range(8):
        x, y, w = patches.patch(stage, view, study, np.random.default_rng(seed))
        assert x.shape == (patches.SLICES + 2 * CONTEXT, 4, size, size)
        assert y.shape == w.shape == (patches.SLICES, size, size)
        assert not y[~w].any()
        seen += y.any()
    assert seen >= 6


def test_only_the_stages_that_are_trained_get_patches_and_heads_teach_the_whole_tumour_alone():
    v = head()
    lesion = a_lesion()
    cohort = patches.Cohort(cases=[v], heads=[v], phantoms=[], cubes=[lesion])
    rounds = iter(patches.Patches(cohort, each=1, head_share=0, stages=("whole", "enhancing")))
    assert {stage for _ in range(6) for stage, _ in next(rounds)} == {"whole", "enhancing"}
    heads = iter(patches.Patches(cohort, each=1, head_share=1, stages=("whole", "enhancing")))
    assert {stage for _ in range(2) for stage, _ in next(heads)} == {"whole"}


def test_sequences_are_left_out_but_never_both_that_show_a_tumour():
    image, rng = np.ones((4, 2, 2, 2)), np.random.default_rng(1)
    gone = [degrade.missing(image, rng, whole=True) for _ in range(400)]
    assert {k for one in gone for k in one} == {degrade.T1, degrade.T1C, degrade.T2, degrade.FLAIR}
    assert not any({degrade.T1C, degrade.FLAIR} <= set(one) for one in gone)
    assert not any(degrade.T1C in degrade.missing(image, rng, whole=False) for _ in range(200))


def test_a_good_part_of_the_studies_is_complete():
    image, rng = np.ones((4, 2, 2, 2)), np.random.default_rng(2)
    complete = np.mean([not degrade.missing(image, rng, whole=True) for _ in range(2000)])
    assert degrade.COMPLETE < complete < 0.65


def test_nothing_to_find_teaches_by_cross_entropy_alone():
    logits, label = torch.zeros(3, 2, 8, 8), torch.zeros(3, 8, 8, dtype=torch.long)
    weight = torch.ones(3, 8, 8)
    empty = view_loss(logits, label, weight)
    label[0, :4] = 1
    assert float(view_loss(logits, label, weight)) > float(empty) + 0.3


def test_nothing_goes_on_without_the_estimate_of_flair(tmp_path):
    """Training, export and bundle ask for it alike, and say how it is made."""
    nothing = patches.Patches(patches.Cohort([], [], [], []))
    for run in (
        lambda: cascade_train.train(nothing, tmp_path, None, cascade_train.TrainOptions(minutes=1, compile_it=False)),
        lambda: export_views(tmp_path / "checkpoint.pt", tmp_path),
        lambda: flair.load_estimate(tmp_path),
    ):
        with pytest.raises(FileNotFoundError, match=r"flair\.pt.*run python -m gliatrain\.cascade\.flair"):
            run()


def test_a_training_goes_on_where_it_stopped(tmp_path):
    checkpoints.save(tmp_path / flair.FILE, {"net": flair.FlairNet().state_dict(), "steps": 1, "seconds": 1.0})
    made = patches.Patches(patches.Cohort([head()], [], [], [a_lesion()]), each=1, head_share=0, stages=("enhancing",))
    options = cascade_train.TrainOptions(minutes=60, rounds=2, workers=0, compile_it=False)
    first = cascade_train.train(made, tmp_path, None, options, {"started_from": "published weights"})
    again = cascade_train.train(made, tmp_path, None, options, {"started_from": "nothing", "whole_cases": ["a"]})
    state = checkpoints.load(tmp_path / "checkpoint.pt")
    assert state["rounds"] == 4
    assert state["facts"] == {"started_from": "published weights", "whole_cases": ["a"]}
    assert state["settings"] == {"peak": 1e-4, "minutes": 60, "seed": 1, "each": 1}
    steps = {key: again[key].steps - first[key].steps for key in again}
    assert all(moved >= 0 for moved in steps.values())
    assert max(m["steps"] for name, m in state["members"].items() if name.startswith("enhancing")) >= 1
    assert not any(m["steps"] for name, m in state["members"].items() if name.startswith("whole"))


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_step_moves_a_member_and_its_state_comes_back(bfloat16, tmp_path):
    member, engine = Member(net(1), 1e-3), Engine(compile_it=False, bfloat16=bfloat16)
    batch = [
        (
            np.random.default_rng(0).standard_normal((19, 4, 24, 24)).astype(np.float32),
            np.eye(24, dtype=np.uint8)[None].repeat(11, 0),
            np.ones((11, 24, 24), bool),
        )
    ]
    losses = []
    for _ in range(12):
        loss, grads = engine("enhancing", member.net, batch)
        member.update(grads, 3e-3)
        losses.append(loss)
    assert losses[-1] < losses[0]
    torch.save(member.state(), tmp_path / "m.pt")
    again = Member(net(1, seed=9), 1e-3)
    again.load(torch.load(tmp_path / "m.pt", weights_only=True))
    assert again.steps == 12
    for a, b in zip(again.mean.parameters(), member.mean.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_gradient_that_is_not_finite_ends_the_training_before_it_reaches_the_weights():
    member = Member(net(1), 1e-3)
    before = [p.detach().clone() for p in member.net.parameters()]
    grads = [torch.zeros_like(p) for p in before]
    grads[0][0] = float("nan")
    with pytest.raises(FloatingPointError, match="--bfloat16"):
        member.update(grads, 1e-3)
    for p, old in zip(member.net.parameters(), before, strict=True):
        assert torch.equal(p, old)


def test_the_manifest_names_a_network_for_every_stage_and_view():
    made = json.loads(json.dumps(graph()))
    used = {m["network"] for s in made["stages"] for m in s["members"] if "network" in m}
    assert used == set(made["networks"])
    assert len(used) == 10


def test_a_card_says_when_its_figures_are_of_other_files():
    manifest = json.loads((ROOT / "config/models/glioma-cascade-1mm/bundle.json").read_text())
    own = measure.computes(manifest)
    assert card.of_which_files(manifest, {"computes": own}) == ""
    manifest["files"]["core-axial.cpu.onnx"]["sha256"] = "0" * 64
    assert "other files" in card.of_which_files(manifest, {"computes": own})


@pytest.mark.parametrize("stage", ["whole", "enhancing"])
def test_training_goes_on_from_the_networks_of_a_bundle(stage, tmp_path):
    made, path = net(NETWORKS[stage][1], seed=5), tmp_path / "net.onnx"
    fill_in = flair.FillIn(flair.FlairNet()).eval() if stage == "whole" else None
    names = export_view(made, path, fill_in)
    halve_files(tmp_path, names)
    named, x = from_bundle.arrays(path), torch.randn(11, 4, 28, 36)
    again = from_bundle.view_net(from_bundle.part(named, "view/") or named, stage)
    for name in names:
        shipped = ort.InferenceSession(str(tmp_path / name)).run(None, {"image": x.numpy()})[0]
        with torch.no_grad():
            np.testing.assert_allclose(again(x).numpy(), shipped, atol=1e-5 * np.abs(shipped).max())
    if fill_in:
        estimate = from_bundle.fill(flair.FlairNet(), from_bundle.part(named, "estimate/net."))
        for ours, theirs in zip(estimate.parameters(), fill_in.net.parameters(), strict=True):
            assert torch.allclose(ours, theirs, atol=1e-3)


def test_a_bundle_with_moved_thresholds_is_not_trained_on(tmp_path):
    made = net(1)
    moved = torch.nn.Conv2d(14, 2, 3, padding=1)  # as an earlier release moved the target's logit
    moved.weight = made.last.weight
    made.last = moved
    export_view(made, tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="threshold"):
        from_bundle.view_net(from_bundle.arrays(tmp_path / "net.onnx"), "enhancing")


def test_heads_without_a_tumour_come_often_and_mostly_stay_so():
    healthy, sick = replace(head(), name="healthy", label=np.zeros_like(head().label), has_skull=True), replace(head(1), has_skull=True)
    cube = Lesion("p", np.ones((4, 20, 20, 20), np.float16), np.full((20, 20, 20), 3, np.uint8))
    made = patches.Patches(patches.Cohort([head(2)], [sick] * 9 + [healthy], [], [cube]), head_share=1.0, stages=("whole",))
    rng = np.random.default_rng(1)
    empty = [not made.study(rng)[0][1].any() for _ in range(60)]
    assert 6 <= sum(empty) <= 25  # of 60, 28 % are of the healthy head; one in ten were without TUMOUR_FREE_SHARE


def test_the_chain_keeps_figures_and_no_row_of_a_patient():
    bundle = json.loads((ROOT / "config/models/glioma-cascade-1mm/bundle.json").read_text())
    interval = {"value": 0.75, "ci95": [0.5, 0.9]}
    evaluated = {
        "head": "idh",
        "status": "evaluated",
        "patients": 34,
        "withoutLabel": 1,
        "answered": 20,
        "auc": {"IDH-mutant": interval},
        "besideAge": {"IDH-mutant": {"age": {"value": 0.6, "ci95": [0.4, 0.8]}}},
        "calls": 5,
        "callErrors": {"value": 0.2, "ci95": [0.0, 0.6]},
    }
    silent = {"head": "mgmt", "status": "not_evaluable", "reason": "one hospital"}
    whole = {"region": "WT", "mean": interval}
    report = {"cases": [{"case": "TCGA_1"}], "failures": [], "dice": [whole], "heads": [evaluated, silent], "peakRssMb": {}}
    kept = chain.summary(report, bundle)
    assert kept["cases"] == 1
    assert "TCGA_1" not in json.dumps(kept)
    assert chain.rows(kept["heads"]) == [
        ["idh: IDH-mutant", 33, 20, "0.75 (0.50 to 0.90)", "0.60 (0.40 to 0.80)", 5, "0.20 (0.00 to 0.60)"],
        ["mgmt", "-", "-", "not evaluable", "-", "-", "-"],
    ]
    assert "other networks or rules" in chain.section({"computes": "of other networks"})


def test_a_soup_lies_halfway_and_keeps_what_the_later_one_learned_from():
    def checkpoint(value: float, rounds: int) -> dict:
        member = {"mean": {"w": torch.full((3,), value)}, "steps": rounds}
        return {"members": {"whole/axial": member}, "rounds": rounds, "facts": {"heads": ["a"], "at": rounds}}

    mixed = soup.average(checkpoint(1.0, 10), checkpoint(2.0, 30))
    assert mixed["members"]["whole/axial"]["mean"]["w"].tolist() == [1.5] * 3
    assert mixed["rounds"] == 30
    assert mixed["facts"] == {"heads": ["a"], "at": 30, "averaged_after_rounds": [10, 30]}


def test_a_student_begins_as_the_whole_tumours_network_in_every_region():
    whole, x = net(2), torch.randn(11, 4, 24, 32)
    with torch.no_grad():
        expected = torch.softmax(whole(x), 1)[:, 1]
        regions = torch.sigmoid(student.from_whole(whole)(x))
    assert regions.shape == (3, 3, 24, 32)
    for region in regions.unbind(1):
        torch.testing.assert_close(region, expected, atol=1e-4, rtol=0)


def test_a_student_learns_half_from_the_label_and_the_parts_of_an_unknown_tumour_from_the_cascade_alone():
    label = torch.tensor([[[0, 2, 1, 3, 4]]])
    believed = torch.tensor([0.2, 0.1, 0.05])[None, :, None, None].expand(1, 3, 1, 5)
    whole, core, enhancing = student.lesson(label, believed)[0, :, 0]
    torch.testing.assert_close(whole, torch.tensor([0.1, 0.6, 0.6, 0.6, 0.6]))
    torch.testing.assert_close(core, torch.tensor([0.05, 0.05, 0.55, 0.55, 0.1]))
    torch.testing.assert_close(enhancing, torch.tensor([0.025, 0.025, 0.025, 0.525, 0.05]))


def test_the_cascade_never_calls_a_part_likelier_than_what_is_around_it():
    kinds = [(stage, view) for stage in patches.STAGES for view in patches.VIEWS]
    members = {f"{s}/{v}": {"mean": net(NETWORKS[s][1], seed).state_dict()} for seed, (s, v) in enumerate(kinds)}
    p = student.Cascade(members, compile_it=False, bfloat16=False)("axial", torch.randn(10, 4, 24, 32))
    assert p.shape == (2, 3, 24, 32)
    assert (p[:, :-1] >= p[:, 1:]).all()
    assert (p[:, 0] > p[:, 2]).any()


def test_a_student_trains_on_and_becomes_a_bundle(tmp_path):
    members = {f"{s}/{v}": Member(net(NETWORKS[s][1]), 1e-4).state() for s in patches.STAGES for v in patches.VIEWS}
    checkpoints.save(tmp_path / "checkpoint.pt", {"members": members})
    checkpoints.save(tmp_path / flair.FILE, {"net": flair.FlairNet().state_dict(), "steps": 1, "seconds": 1.0})
    lessons = student.Lessons(patches.Cohort([head()], [], [], [a_lesion()]), each=1)
    student.train(lessons, tmp_path, minutes=1e-6, peak=1e-3, workers=0)
    first = checkpoints.load(tmp_path / "student.pt")
    student.train(lessons, tmp_path, minutes=first["seconds"] / 60 + 1e-6, peak=1e-3, workers=0)
    second = checkpoints.load(tmp_path / "student.pt")
    assert (first["rounds"], second["rounds"], second["members"]["axial"]["steps"]) == (1, 2, 2)
    parts = student.student_graph()
    assert [stage["name"] for stage in parts["stages"]] == ["brain", "search", "whole"]
    assert {m["network"] for stage in parts["stages"] for m in stage["members"] if "network" in m} == set(parts["networks"])


def test_a_third_of_the_mean_comes_from_the_coarse_network():
    cascade = graph()
    unet = json.loads((ROOT / "config/models/glioma-unet-2mm/bundle.json").read_text())
    made = with_unet.averaged(cascade, unet, with_unet.WEIGHT)
    whole = next(stage for stage in made["stages"] if stage["name"] == "whole")
    share = whole["fusion"]["weights"][-1] / sum(whole["fusion"]["weights"])
    assert share == pytest.approx(1 / 3)
    assert whole["members"][-1] == {"stage": "coarse"}
    assert [stage["name"] for stage in made["stages"]] == ["brain", "coarse", *(s["name"] for s in cascade["stages"][1:])]
    assert cascade == graph()


def test_the_first_of_several_networks_answers_as_it_did_among_them():
    model = onnx.load(str(ROOT / "config/models/glioma-unet-2mm/segmentation.onnx"))
    image = np.random.default_rng(4).standard_normal((1, 4, 48, 48, 48)).astype(np.float32)
    together, alone = (
        ort.InferenceSession(one.SerializeToString()).run(None, {"image": image})[0] for one in (model, with_unet.first_member(model))
    )
    assert alone.shape[1] == together.shape[1] // 2
    np.testing.assert_allclose(alone, together[:, : alone.shape[1]], atol=1e-4)


def test_a_cascade_is_averaged_with_the_coarse_network_once():
    unet = json.loads((ROOT / "config/models/glioma-unet-2mm/bundle.json").read_text())
    once = with_unet.averaged(graph(), unet, with_unet.WEIGHT)
    with pytest.raises(ValueError, match="averaged with the 2 mm network already"):
        with_unet.averaged(once, unet, with_unet.WEIGHT)


def test_networks_of_incomplete_studies_count_only_where_a_sequence_is_missing():
    unet = json.loads((ROOT / "config/models/glioma-unet-2mm/bundle.json").read_text())
    before = with_unet.averaged(graph(), unet, with_unet.WEIGHT)
    made = incomplete.with_incomplete(before)
    whole = next(stage for stage in made["stages"] if stage["name"] == "whole")
    views = [n for n, one in enumerate(whole["members"]) if one.get("network", "").startswith("incomplete-")]
    assert [whole["members"][n]["view"] for n in views] == list(patches.VIEWS)
    assert [whole["fusion"]["weights"][n] for n in views] == [0, 0, 0]
    for rule in whole["fusion"]["weights_without"]:
        assert len(rule["weights"]) == len(whole["members"])
        assert [n for n, weight in enumerate(rule["weights"]) if weight > 0] == [views[0] - 1, *views]
    assert {made["networks"][f"incomplete-{view}"]["file"] for view in patches.VIEWS} == {f"incomplete-{v}.onnx" for v in patches.VIEWS}
    assert [stage for stage in made["stages"] if stage["name"] != "whole"] == [s for s in before["stages"] if s["name"] != "whole"]
    assert incomplete.with_incomplete(made) == made


def test_a_network_of_incomplete_studies_sees_no_complete_one():
    image, rng = np.ones((4, 2, 2, 2)), np.random.default_rng(4)
    always = (degrade.T1C, degrade.FLAIR)
    gone = [degrade.missing(image, rng, whole=True, always=always) for _ in range(400)]
    assert all(len(set(one) & set(always)) == 1 for one in gone)
    assert {degrade.T1, degrade.T2} <= {k for one in gone for k in one}
    image[degrade.T1C] = 0  # without T1c already, FLAIR must stay
    assert not any(degrade.FLAIR in degrade.missing(image, rng, whole=True, always=always) for _ in range(100))


def test_figures_on_unseen_patients_leave_out_whom_the_coarse_network_saw():
    cases = [
        {"case": name} for name in ("head-BraTS2021_01659", "without-t1ce-BraTS2021_01660", "clinical-TCGA_HT_7602_19951103", "ms-ms-04")
    ]
    report = {"cases": cases, "seen": ["BraTS2021_01659", "TCGA_HT_7602_19951103"]}
    assert [case["case"] for case in measure.unseen(report)] == ["without-t1ce-BraTS2021_01660", "ms-ms-04"]
