"""What results/works.json shows, in words, written into WORKS.md. `python -m gliatrain.works.report`"""
from __future__ import annotations

import json
from pathlib import Path

from .run import RESULTS

PAGE = Path(__file__).parents[2] / "WORKS.md"
START, END = "<!-- figures: python -m gliatrain.works.report -->\n", "<!-- end of figures -->\n"


def value(figure) -> str:
    """A number, an estimate with its interval, or one with its chance level."""
    if not isinstance(figure, dict):
        return "not measured" if figure is None else f"{figure:.3f}"
    if "ci95" in figure:
        return f"{figure['value']:.3f} (95 % interval {figure['ci95'][0]:.3f} to {figure['ci95'][1]:.3f})"
    return f"{figure['value']:.3f} (chance {figure['chance']:.3f})" if "chance" in figure else f"{figure['value']:.3f}"


def verdict(with_part: float, without: float) -> str:
    return "helps" if with_part > without + 0.01 else "adds nothing"


def made_up(results: dict) -> list[str]:
    lines = ["On made-up cohorts with planted signals (`configs/synthetic.toml`):", ""]
    if figures := results.get("sgsnet", {}).get("figures"):
        alone = figures.get("c_index_age_alone")
        lines.append(f"- sgsnet: C {value(figures['c_index'])}, of age alone {value(alone)}"
                     + ("." if alone is None else f": the image {verdict(figures['c_index']['value'], alone)}."))
    if ablations := results.get("mtsunet", {}).get("figures"):
        full = ablations["full"]["heads"]
        for part, name in (("tumour-aware pooling", "without tumour-aware pooling"), ("the T2-FLAIR module", "without T2-FLAIR module")):
            less = ablations[name]["heads"]
            lines.append(f"- mtsunet, {part}: " + ", ".join(
                f"{head} {full[head]['auc']['value']:.3f} with and {less[head]['auc']['value']:.3f} without ({verdict(full[head]['auc']['value'], less[head]['auc']['value'])})"
                for head in full) + ".")
    if figures := results.get("marasi", {}).get("figures"):
        both, clinical = figures["mri_and_clinical"]["auc"], figures["clinical"]["auc"]
        lines.append(f"- marasi: AUC {both:.3f} with images and clinical values, {clinical:.3f} with clinical values alone (the image {verdict(both, clinical)}).")
    if figures := results.get("clipsa", {}).get("figures"):
        lines.append(f"- clipsa: the proxy changes C by {value(figures['gain'])} against MRI features that the slides already taught, by "
                     f"{value(figures['gain_over_mri_without_pathology'])} against a network that never saw a slide"
                     + (": no gain is shown." if figures["gain_over_mri_without_pathology"]["ci95"][0] <= 0 else "."))
    return lines


def on_patients(found: dict | None) -> list[str]:
    if not found:
        return ["", "On patients: not measured."]
    lines = ["", f"On patients (BraTS 2020 lesion cubes, `{found['command']}`; small networks, {found['epochs']} epochs, tested at other hospitals):", ""]
    if f := found.get("sgsnet"):
        lines.append(f"- sgsnet: trained on {f['trained_on']}, tested on {f['tested_on_tcga']} TCGA patients ({f['deaths']} deaths): C {value(f['c_index'])}, "
                     f"of age alone {value(f['c_index_age_alone'])} (the image {verdict(f['c_index']['value'], f['c_index_age_alone'])}).")
    if f := found.get("marasi"):
        lines.append(f"- marasi: fitted on {f['fitted_on']}, tested on {f['tested_on']} TCGA patients: AUC {f['mri_and_clinical']['auc']:.3f} with both, "
                     f"{f['clinical']['auc']:.3f} with age alone, {f['mri']['auc']:.3f} with images alone (the image {verdict(f['mri_and_clinical']['auc'], f['clinical']['auc'])}).")
    if f := found.get("mtsunet"):
        for name, heads in f["image_alone"].items():
            lines.append(f"- mtsunet, {name}, images alone, {f['trained_on']} patients train and {f['tested_on']} of other institutions test: "
                         + ", ".join(f"{head} {value(one['auc'])}" for head, one in heads.items()) + ".")
        for head in ("idh", "grade 4"):
            lines.append(f"- the same patients, {head}: age alone {value(f[head]['age_alone']['auc'])}, radiomics and age {value(f[head]['radiomics_and_age']['auc'])}.")
    return lines


def section(results: dict) -> str:
    return START + "\n".join(made_up(results) + on_patients(results.get("patients"))) + "\n" + END


def main() -> None:
    text = PAGE.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    PAGE.write_text(before + section(json.loads(RESULTS.read_text())) + after)


if __name__ == "__main__":
    main()
