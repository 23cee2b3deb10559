"""Small residual 3D U-Net on the 2 mm grid.

Input  : float32 [N, 4, Z, Y, X]  (T1, T1c, T2, FLAIR; foreground-zscore; Z, Y, X multiples of 16)
Output : float32 [N, 4, Z, Y, X]  logits (background, NCR, ED, ET)

The encoder-decoder follows 3D U-Net (Cicek 2016) with the residual encoder, instance norm, leaky
ReLU and deep supervision of nnU-Net (Isensee 2021). The full-resolution level is kept thin, since on
a CPU it takes most of the time.
"""
from __future__ import annotations

import torch
from torch import nn


class ConvNorm(nn.Sequential):
    """3x3x3 convolution, instance norm, leaky ReLU."""

    def __init__(self, cin: int, cout: int, stride: int = 1):
        super().__init__(
            nn.Conv3d(cin, cout, 3, stride=stride, padding=1, bias=False),
            nn.InstanceNorm3d(cout, affine=True),
            nn.LeakyReLU(0.01, inplace=True),
        )


class ResBlock(nn.Module):
    """Two convolutions with a residual path (He 2016); `stride` 2 halves each axis."""

    def __init__(self, cin: int, cout: int, stride: int = 1):
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

    def __init__(self, cin: int, cout: int, light: bool):
        super().__init__()
        self.up = nn.ConvTranspose3d(cin, cout, 2, stride=2)
        self.block: nn.Module = ConvNorm(2 * cout, cout) if light else ResBlock(2 * cout, cout)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.block(torch.cat([self.up(x), skip], dim=1))


class GliomaUNet(nn.Module):
    """`widths`: channels per level, fine to coarse. In training it returns the logits at full, half
    and quarter resolution (deep supervision); in evaluation the full resolution alone."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128, 128), cin: int = 4, classes: int = 4):
        super().__init__()
        self.widths = tuple(widths)
        self.stem = ConvNorm(cin, widths[0])
        self.down = nn.ModuleList(
            ResBlock(a, b, stride=2) for a, b in zip(widths[:-1], widths[1:])
        )
        self.ups = nn.ModuleList(
            Up(b, a, light=(i == 0)) for i, (a, b) in enumerate(zip(widths[:-1], widths[1:]))
        )
        self.heads = nn.ModuleList(nn.Conv3d(w, classes, 1) for w in widths[:3])

    def forward(self, x: torch.Tensor):
        skips = [self.stem(x)]
        for block in self.down:
            skips.append(block(skips[-1]))
        y = skips.pop()
        outs: dict[int, torch.Tensor] = {}
        for level in reversed(range(len(self.ups))):
            y = self.ups[level](y, skips[level])
            if level == 0 or (self.training and level < 3):
                outs[level] = self.heads[level](y)
        if self.training:
            return [outs[k] for k in sorted(outs)]
        return outs[0]


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
