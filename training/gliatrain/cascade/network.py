"""ViewNet: an anisotropic 2.5D network over the slices of one view (Wang, Li, Ourselin, Vercauteren 2017, arXiv 1709.00382).

Input  : float32 [D, 4, H, W]: D slices of the view as the batch, channels T1, T1c, T2, FLAIR (z-scores of the brain, 0 outside
         it, a missing sequence all 0). H and W are multiples of 4.
Output : float32 [D - 8, C, H, W] logits; four slices of context are used up on either side.

Everything within a slice is a 2D convolution; neighbouring slices meet in four places only (`Fuse`, three slices each). Batch norm is
folded: what stood after a convolution is its weight and bias, what stood before an activation is a scale and shift per channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

CONTEXT = 4
"""Slices of context on either side: one for each Fuse."""
WIDTH = 32


@dataclass(frozen=True)
class ViewVariant:
    """`strides`: downsamplings before the deep blocks, 2 for the whole tumour and the core, 1 for the enhancing tumour."""

    strides: int = 2
    classes: int = 2


class ResBlock(nn.Module):
    """Scale and shift, PReLU, convolution, PReLU, convolution, plus the input (its channels zero-padded evenly to WIDTH)."""

    def __init__(self, cin: int, dilation: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(cin)), nn.Parameter(torch.zeros(cin))
        self.act0, self.act1 = nn.PReLU(cin), nn.PReLU(WIDTH)
        self.conv0 = nn.Conv2d(cin, WIDTH, 3, padding=dilation, dilation=dilation)
        self.conv1 = nn.Conv2d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation, bias=False)
        self.widen = (WIDTH - cin) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act0(x * self.scale[:, None, None] + self.shift[:, None, None])
        y = self.conv1(self.act1(self.conv0(y)))
        return y + (F.pad(x, (0, 0, 0, 0, self.widen, self.widen)) if self.widen else x)


class Fuse(nn.Module):
    """Three neighbouring slices' channels through one 1x1 convolution; one slice is lost on either side."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3 * WIDTH, WIDTH, 1), nn.PReLU(WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.conv(torch.cat([x[:-2], x[1:-1], x[2:]], dim=1)))


class Down(nn.Module):
    """3x3 convolution of stride 2; an even side is padded at its end alone, as TensorFlow's SAME does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(WIDTH, WIDTH, 3, stride=2), nn.PReLU(WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.conv(F.pad(x, (0, 1, 0, 1))))


class Up(nn.Module):
    """Transposed 3x3 convolution of stride 2 to exactly twice the size."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv, self.act = nn.ConvTranspose2d(cin, cout, 3, stride=2), nn.PReLU(cout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.conv(x)[..., : 2 * x.shape[-2], : 2 * x.shape[-1]])


class ViewNet(nn.Module):
    def __init__(self, variant: ViewVariant = ViewVariant()) -> None:
        super().__init__()
        self.variant = variant
        twice = variant.strides == 2
        self.block1 = nn.Sequential(ResBlock(4, 1), ResBlock(WIDTH, 1))
        self.fuse1 = Fuse()
        self.down1 = Down() if twice else nn.Identity()
        self.block2 = nn.Sequential(ResBlock(WIDTH, 1), ResBlock(WIDTH, 1))
        self.fuse2 = Fuse()
        self.down2 = Down()
        self.block3 = nn.Sequential(*(ResBlock(WIDTH, d) for d in (1, 2, 3)))
        self.fuse3 = Fuse()
        self.block4 = nn.Sequential(*(ResBlock(WIDTH, d) for d in (3, 2, 1)))
        self.fuse4 = Fuse()
        self.up1: nn.Module = Up(WIDTH, 2) if twice else nn.Conv2d(WIDTH, 2, 3, padding=1, bias=False)
        self.up2 = nn.Sequential(Up(WIDTH, 4), *([Up(4, 4)] if twice else []))
        self.up3 = nn.Sequential(Up(WIDTH, 8), *([Up(8, 8)] if twice else []))
        self.last = nn.Conv2d(14, variant.classes, 3, padding=1, bias=False)

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of D - 8 slices: WIDTH channels at 1/2, 1/4 and 1/4 of the size (1, 1/2, 1/2 where there is one stride)."""
        f1 = self.fuse2(self.block2(self.down1(self.fuse1(self.block1(x)))))
        f2 = self.fuse3(self.block3(self.down2(f1)))
        return f1[2:-2], f2[1:-1], self.fuse4(self.block4(f2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        f1, f2, f3 = self.features(x)
        return self.last(torch.cat([self.up1(f1), self.up2(f2), self.up3(f3)], dim=1))
