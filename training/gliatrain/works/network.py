"""GliomaNet with something on top: pooled features for any head, clinical values, loss weights that are learnt."""

from __future__ import annotations

import math

import torch
from torch import nn

from ..losses import NOT_TUMOUR, deep_loss
from ..network import GliomaNet, Variant, tumour_aware
from ..start import begin
from .cohort import Patient
from .loop import Batch, Settings


def backbone(settings: Settings, difference: bool = True) -> GliomaNet:
    """Sized by the settings; extra channels (ADC, rCBV) come after the four sequences and keep their own presence flags. The option
    `start` names the weights that it starts from (start.py)."""
    if tuple(settings.channels[:4]) != ("t1", "t1c", "t2", "flair"):
        raise ValueError("channels begin with t1, t1c, t2, flair; adc and rcbv may follow")
    variant = Variant(widths=settings.widths, attended=settings.attended, heads=settings.heads, difference=difference)
    net = GliomaNet(variant, cin=len(settings.channels))
    path = settings.option("start", "")
    return begin(net, path) if path else net


def global_pool(levels: list[torch.Tensor]) -> torch.Tensor:
    """Mean of each level over the whole volume: what tumour-aware pooling is compared with."""
    return torch.cat([f.mean(dim=(2, 3, 4)) for f in levels], dim=1)


def spread_under_tumour(levels: list[torch.Tensor], logits: torch.Tensor) -> torch.Tensor:
    """Standard deviation of the finest features under the predicted tumour, which shows texture where a mean does not."""
    weight = torch.softmax(logits, dim=1)[:, 1:4].sum(1, keepdim=True)
    total = weight.sum(dim=(2, 3, 4)) + 1e-3
    mean = (levels[0] * weight).sum(dim=(2, 3, 4)) / total
    # About the mean: the mean square less the squared mean would lose a small deviation to single precision.
    away = levels[0] - mean[:, :, None, None, None]
    return ((away**2 * weight).sum(dim=(2, 3, 4)) / total).clamp_min(1e-6).sqrt()


def region_shares(logits: torch.Tensor) -> torch.Tensor:
    """[N, 3] log volume (per mille of the image) of core and enhancing, oedema, whole tumour, as predicted."""
    p = torch.softmax(logits, dim=1).mean(dim=(2, 3, 4)) * 1000
    return torch.log1p(torch.stack([p[:, 1] + p[:, 3], p[:, 2], p[:, 1:4].sum(1)], dim=1))


class ClinicalInput(nn.Module):
    """[N, F] raw values, NaN missing -> z-scores by the training cohort; a missing value is the mean, and says so."""

    def __init__(self, names: tuple[str, ...], patients: list[Patient]) -> None:
        super().__init__()
        self.names = names
        table = torch.tensor([[p.value(n) for n in names] for p in patients]).reshape(len(patients), len(names))
        mean = torch.nan_to_num(torch.nanmean(table, 0))
        deviation = torch.nan_to_num(torch.nanmean((table - mean) ** 2, 0)).sqrt()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def values(self, batch: Batch) -> torch.Tensor:
        columns = [batch.values[n] for n in self.names]
        return torch.stack(columns, 1).float() if columns else torch.zeros(len(batch.patients), 0)

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        missing = torch.isnan(raw)
        z = (torch.where(missing, self.mean, raw) - self.mean) / self.deviation
        return torch.cat([z, missing.to(z.dtype)], dim=1)


class Weigher(nn.Module):
    """Homoscedastic uncertainty (Kendall 2018): sum of exp(-s_k) L_k + s_k / 2, with s_k = log variance learnt and kept
    in [-3, 3] so that a loss near zero cannot take all the weight."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.log_variance = nn.Parameter(torch.zeros(len(names)))

    def forward(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        s = self.log_variance.clamp(-3, 3)
        return sum(torch.exp(-s[k]) * losses[n] + s[k] / 2 for k, n in enumerate(self.names) if n in losses)

    def weights(self) -> dict[str, float]:
        return {n: math.exp(-min(3.0, max(-3.0, float(s)))) for n, s in zip(self.names, self.log_variance.detach(), strict=True)}


class Standardise(nn.BatchNorm1d):
    """Each feature by its running mean and deviation; plain arithmetic in evaluation, which any exporter takes."""

    def __init__(self, width: int) -> None:
        super().__init__(width, affine=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            return super().forward(x)
        return (x - self.running_mean) / (self.running_var + self.eps).sqrt()


class Pooled(nn.Module):
    """GliomaNet, and per patient one vector: features under the predicted tumour, their spread, and the volumes; or,
    without tumour-aware pooling, the mean over the whole image."""

    def __init__(self, settings: Settings, aware: bool = True, difference: bool = True) -> None:
        super().__init__()
        self.net, self.aware = backbone(settings, difference), aware
        self.width = sum(settings.widths) + (settings.widths[0] + 3 if aware else 0)
        self.norm = Standardise(self.width)

    def forward(self, image: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """(logits fine to coarse, vectors [N, width]). No gradient flows from the pooling into the segmentation."""
        levels = self.net.encode(image)
        outs = self.net.decode(levels)
        finest = outs[0].detach()
        if not self.aware:
            return outs, self.norm(global_pool(levels))
        return outs, self.norm(torch.cat([tumour_aware(levels, finest), spread_under_tumour(levels, finest), region_shares(finest)], 1))


class Encoder(nn.Module):
    """image -> the pooled vector alone: what the service's heads take."""

    def __init__(self, pooled: Pooled) -> None:
        super().__init__()
        self.pooled = pooled

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.pooled(image)[1]


def masked_segmentation_loss(outs: list[torch.Tensor], label: torch.Tensor) -> torch.Tensor | None:
    """Of the patients that have an expert label (the others are -1); None where nobody has one. Outside the tumour an
    expert label does not tell brain from background."""
    is_labelled = label[:, 0, 0, 0] >= 0
    label = torch.where(label == 0, NOT_TUMOUR, label)
    return deep_loss([o[is_labelled] for o in outs], label[is_labelled]) if bool(is_labelled.any()) else None
