"""GliomaNet: CNN stem, window-attention bottleneck, U-shaped decoder, on the 2 mm grid.

Input  : float32 [N, 4, Z, Y, X]  (T1, T1c, T2, FLAIR; foreground-zscore; a missing sequence is all zero)
Output : float32 [N, 5, Z, Y, X]  logits (background, NCR, ED, ET, brain without tumour)

Residual convolutional encoder and decoder with deep supervision (Cicek 2016, Isensee 2021); shifted-window
attention (Liu 2021) at the two coarsest levels, as SGS-Net's and MTS-UNET's transformers; a T2-FLAIR differential
branch and tumour-aware pooling after MTS-UNET; presence flags so that missing sequences can be told apart from
dark images. `Variant` sizes it: "cpu" is shipped, "gpu" is the same network, wider.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass

import torch
from torch import nn

from .attention import SwinPair

CLASSES = ("background", "NCR", "ED", "ET", "brain")
T2, FLAIR = 2, 3


@dataclass(frozen=True)
class Variant:
    """`widths`: channels per level, fine to coarse; `attended`: how many of the coarsest levels get window attention."""

    widths: tuple[int, ...] = (16, 32, 64, 128, 128)
    attended: int = 2
    window: int = 3
    heads: int = 4
    difference: bool = True
    presence: bool = True

    def facts(self) -> dict:
        return {**asdict(self), "widths": list(self.widths)}


VARIANTS = {"cpu": Variant(), "gpu": Variant(widths=(32, 64, 128, 256, 320), heads=8)}


def variant_from(facts: dict) -> Variant:
    return Variant(**{**facts, "widths": tuple(facts["widths"])})


class ConvNorm(nn.Sequential):
    """3x3x3 convolution, instance norm, leaky ReLU."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv3d(cin, cout, 3, stride=stride, padding=1, bias=False),
            nn.InstanceNorm3d(cout, affine=True),
            nn.LeakyReLU(0.01, inplace=True),
        )


class ResBlock(nn.Module):
    """Two convolutions with a residual path (He 2016); `stride` 2 halves each axis."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = ConvNorm(cin, cout, stride)
        self.conv2 = nn.Conv3d(cout, cout, 3, padding=1, bias=False)
        self.norm2 = nn.InstanceNorm3d(cout, affine=True)
        self.act = nn.LeakyReLU(0.01, inplace=True)
        path: list[nn.Module] = []
        if stride != 1:
            path.append(nn.AvgPool3d(stride, stride))
        if cin != cout:
            path.append(nn.Conv3d(cin, cout, 1, bias=False))
        self.path = nn.Sequential(*path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.norm2(self.conv2(self.conv1(x))) + self.path(x))


class Up(nn.Module):
    """Transposed convolution to the finer level, joined with its skip connection, then one block."""

    def __init__(self, cin: int, cout: int, light: bool) -> None:
        super().__init__()
        self.up = nn.ConvTranspose3d(cin, cout, 2, stride=2)
        self.block: nn.Module = ConvNorm(2 * cout, cout) if light else ResBlock(2 * cout, cout)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.block(torch.cat([self.up(x), skip], dim=1))


class Stem(nn.Module):
    """First features at full resolution. A quarter of the channels see T2 - FLAIR alone (the T2-FLAIR mismatch of
    IDH-mutant astrocytoma), silent unless both are there; presence flags scale and shift the channels (FiLM, Perez 2018)."""

    def __init__(self, cin: int, cout: int, difference: bool, presence: bool) -> None:
        super().__init__()
        extra = cout // 4 if difference else 0
        self.images = ConvNorm(cin, cout - extra)
        self.difference = ConvNorm(1, extra) if difference else None
        self.film = nn.Linear(cin, 2 * cout) if presence else None

    def forward(self, x: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        y = self.images(x)
        if self.difference is not None:
            both = (present[:, T2] * present[:, FLAIR])[:, None, None, None, None]
            y = torch.cat([y, self.difference(x[:, T2 : T2 + 1] - x[:, FLAIR : FLAIR + 1]) * both], dim=1)
        if self.film is not None:
            scale, shift = self.film(present)[:, :, None, None, None].chunk(2, dim=1)
            y = y * (1 + scale) + shift
        return y


def presence(x: torch.Tensor) -> torch.Tensor:
    """[N, C] 1 where a channel holds anything, 0 where the sequence is missing (all zero)."""
    return (x.abs().amax(dim=(2, 3, 4)) > 0).to(x.dtype)


def tumour_aware(features: list[torch.Tensor], logits: torch.Tensor) -> torch.Tensor:
    """Mean of each level's features under the predicted tumour, levels joined: [N, sum of widths] (MTS-UNET's tumour-aware
    feature encoding). `features` fine to coarse, each half the size of the one before; `logits` at the finest."""
    tumour = torch.softmax(logits, dim=1)[:, 1:4].sum(1, keepdim=True)
    out = []
    for level, f in enumerate(features):
        weight = tumour if level == 0 else nn.functional.avg_pool3d(tumour, 2**level)
        out.append((f * weight).sum(dim=(2, 3, 4)) / (weight.sum(dim=(2, 3, 4)) + 1e-3))
    return torch.cat(out, dim=1)


class GliomaNet(nn.Module):
    """In training it returns the logits at full, half and quarter resolution (deep supervision); in evaluation the
    full resolution alone. Sizes: multiples of 2 ** (levels - 1)."""

    def __init__(self, variant: Variant = VARIANTS["cpu"], cin: int = 4, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.variant, self.channels = variant, cin
        widths = variant.widths
        self.stem = Stem(cin, widths[0], variant.difference, variant.presence)
        self.down = nn.ModuleList(ResBlock(a, b, stride=2) for a, b in itertools.pairwise(widths))
        first = len(widths) - variant.attended
        self.attention = nn.ModuleList(
            SwinPair(w, variant.heads, variant.window) if k >= first else nn.Identity() for k, w in enumerate(widths)
        )
        self.ups = nn.ModuleList(Up(b, a, light=(i == 0)) for i, (a, b) in enumerate(itertools.pairwise(widths)))
        self.heads = nn.ModuleList(nn.Conv3d(w, classes, 1) for w in widths[:3])

    def encode(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Features of each level, fine to coarse."""
        levels = [self.stem(x, presence(x))]
        for k, block in enumerate(self.down):
            levels.append(self.attention[k + 1](block(levels[-1])))
        return levels

    def decode(self, levels: list[torch.Tensor]) -> list[torch.Tensor]:
        """Logits, fine to coarse: all supervised levels in training, else the finest."""
        y, outs = levels[-1], {}
        for level in reversed(range(len(self.ups))):
            y = self.ups[level](y, levels[level])
            if level == 0 or (self.training and level < 3):
                outs[level] = self.heads[level](y)
        return [outs[k] for k in sorted(outs)]

    def forward(self, x: torch.Tensor) -> torch.Tensor | list[torch.Tensor]:
        outs = self.decode(self.encode(x))
        return outs if self.training else outs[0]


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
