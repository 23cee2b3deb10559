"""What results/works.json shows, in words, written into WORKS.md. `python -m gliatrain.works.report`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..figures import interval
from .run import PARTS, RESULTS

PAGE = Path(__file__).parents[2] / "WORKS.md"
START, END = "<!-- figures: python -m gliatrain.works.report -->\n", "<!-- end of figures -->\n"


def value(figure: Any) -> str:
    """A number, an estimate with its interval, or one with its chance level."""
    if not isinstance(figure, dict):
        return "not measured" if figure is None else f"{figure:.3f}"
    if "ci95" in figure:
        return f"{figure['value']:.3f} ({interval(figure, 3)})"
    return f"{figure['value']:.3f} (chance {figure['chance']:.3f})" if "chance" in figure else f"{figure['value']:.3f}"


def verdict(with_part: float, without: float) -> str:
    return "helps" if with_part > without + 0.01 else "adds nothing"


def shown(gain: dict) -> bool:
    """A part helps where the whole interval of its gain is above zero."""
    return gain["ci95"][0] > 0


def compared(measure: str, with_part: float, without: float, other: str, gain: dict) -> str:
    return f"{measure} {with_part:.3f}, {other} {without:.3f}, gain {value(gain)}: " + (
        "it helps" if shown(gain) else "it is worse" if gain["ci95"][1] < 0 else "no gain is shown"
    )


def worth(title: str, entry: dict | None) -> list[str]:
    """One line: AUC of each head with and without a part of mtsunet."""
    if not entry:
        return []
    figures = entry["figures"]
    return [
        f"- mtsunet, {title} ({entry['patients']} patients train, {figures['tested_on']} others test): "
        + "; ".join(
            compared(f"{head}: AUC", one["with"], one["without"], "without it", one["gain"]) for head, one in figures["heads"].items()
        )
        + "."
    ]


def made_up(results: dict) -> list[str]:
    lines = [
        "On made-up cohorts, each made so that its signal can plainly best be had by the part that it tests (`configs/synthetic.toml`);",
        "in brackets 95 % intervals over the patients who test:",
        "",
    ]
    if figures := results.get("sgsnet", {}).get("figures"):
        lines.append(
            "- sgsnet, the image: "
            + compared("C", figures["c_index"]["value"], figures["c_index_age_alone"], "of age alone", figures["gain_over_age_alone"])
            + "."
        )
    for name, part in PARTS.items():
        lines += worth(part, results.get(name))
    if figures := results.get("marasi", {}).get("figures"):
        lines.append(
            "- marasi, the image, at another hospital: "
            + compared(
                "AUC", figures["mri_and_clinical"]["auc"], figures["clinical"]["auc"], "of clinical values alone", figures["gain_of_mri"]
            )
            + "."
        )
    if figures := results.get("clipsa", {}).get("figures"):
        both = figures["c_index_mri_and_proxy"]
        lines.append(
            "- clipsa, slides of past patients (alignment and proxy): "
            + compared(
                "C",
                both,
                figures["c_index_mri_without_pathology"],
                "of a network that never saw a slide",
                figures["gain_over_mri_without_pathology"],
            )
            + "."
        )
        lines.append(
            "- clipsa, the proxy beside features that the alignment has taught already: "
            + compared("C", both, figures["c_index_mri"], "without it", figures["gain"])
            + f" (the patient's own slide: {value(figures['c_index_true_pathology'])})."
        )
    return lines + tried(results.get("trials", []))


def tried(trials: list[dict]) -> list[str]:
    """How often each cohort was changed before it stayed as it is; the figures stand in the results file."""
    if not trials:
        return []
    names = [t["cohort"] for t in trials]
    counts = ", ".join(f"{name} {names.count(name)}" for name in dict.fromkeys(names))
    return [
        "",
        f"These cohorts were arrived at by trial: {counts}. Each, with its settings and figures, good or bad, is under `trials` in "
        "`results/works.json`,",
        "so the figures above show that the parts work where they are needed, not how often that is.",
    ]


def on_patients(results: dict | None) -> list[str]:
    if not results:
        return ["", "On patients: not measured."]
    lines = [
        "",
        f"On patients (BraTS 2020 lesion cubes, `{results['command']}`; small networks, {results['epochs']} epochs, tested at other "
        "hospitals):",
        "",
    ]
    if f := results.get("sgsnet"):
        lines.append(
            f"- sgsnet: trained on {f['trained_on']}, tested on {f['tested_on_tcga']} TCGA patients ({f['deaths']} deaths): "
            f"C {value(f['c_index'])}, of age alone {value(f['c_index_age_alone'])} "
            f"(the image {verdict(f['c_index']['value'], f['c_index_age_alone'])})."
        )
    if f := results.get("marasi"):
        lines.append(
            f"- marasi: fitted on {f['fitted_on']}, tested on {f['tested_on']} TCGA patients: "
            f"AUC {f['mri_and_clinical']['auc']:.3f} with both, {f['clinical']['auc']:.3f} with age alone, "
            f"{f['mri']['auc']:.3f} with images alone (the image {verdict(f['mri_and_clinical']['auc'], f['clinical']['auc'])})."
        )
    if f := results.get("mtsunet"):
        for name, heads in f["image_alone"].items():
            lines.append(
                f"- mtsunet, {name}, images alone, {f['trained_on']} patients train and {f['tested_on']} of other institutions test: "
                + ", ".join(f"{head} {value(one['auc'])}" for head, one in heads.items())
                + "."
            )
        lines.extend(
            f"- the same patients, {head}: age alone {value(f[head]['age_alone']['auc'])}, "
            f"radiomics and age {value(f[head]['radiomics_and_age']['auc'])}."
            for head in ("idh", "grade 4")
        )
    return lines


def section(results: dict) -> str:
    return START + "\n".join(made_up(results) + on_patients(results.get("patients"))) + "\n" + END


def main() -> None:
    text = PAGE.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    PAGE.write_text(before + section(json.loads(RESULTS.read_text())) + after)


if __name__ == "__main__":
    main()
