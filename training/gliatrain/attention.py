"""Shifted-window attention in 3D (Swin transformer, Liu 2021; in 3D: Tang 2022, Swin UNETR)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def windows(x: torch.Tensor, w: int) -> torch.Tensor:
    """[N, Z, Y, X, C] -> [N * count, w^3, C]; Z, Y, X multiples of w."""
    n, z, y, x_, c = x.shape
    x = x.reshape(n, z // w, w, y // w, w, x_ // w, w, c)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, w * w * w, c)


def unwindows(x: torch.Tensor, w: int, shape: tuple[int, int, int, int, int]) -> torch.Tensor:
    n, z, y, x_, c = shape
    x = x.reshape(n, z // w, y // w, x_ // w, w, w, w, c)
    return x.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(n, z, y, x_, c)


def relative_index(w: int) -> torch.Tensor:
    """[w^3, w^3] index of each pair's offset in the table of (2w - 1)^3 biases."""
    at = torch.stack(torch.meshgrid(*(torch.arange(w),) * 3, indexing="ij")).flatten(1)
    offset = (at[:, :, None] - at[:, None, :]) + w - 1
    return (offset[0] * (2 * w - 1) + offset[1]) * (2 * w - 1) + offset[2]


def shift_mask(size: tuple[int, int, int], w: int, shift: int) -> torch.Tensor:
    """[windows, w^3, w^3] 0 where two voxels were neighbours before the cyclic shift, -100 where they were not."""
    region = torch.zeros(1, *size, 1)
    count = 0
    spans = (slice(0, -w), slice(-w, -shift), slice(-shift, None))
    for z in spans:
        for y in spans:
            for x in spans:
                region[:, z, y, x] = count
                count += 1
    ids = windows(region, w)[..., 0]
    return torch.where(ids[:, :, None] == ids[:, None, :], 0.0, -100.0)


class WindowBlock(nn.Module):
    """Layer norm, attention inside windows with a relative position bias, layer norm, MLP; both residual."""

    def __init__(self, dim: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.bias = nn.Parameter(torch.zeros((2 * window - 1) ** 3, heads))
        self.register_buffer("index", relative_index(window), persistent=False)

    def attend(self, tokens: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        b, n, c = tokens.shape
        q, k, v = self.qkv(tokens).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        score = q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5
        score = score + self.bias[self.index.reshape(-1)].reshape(n, n, self.heads).permute(2, 0, 1)
        if mask is not None:
            count = mask.shape[0]
            score = (score.reshape(b // count, count, self.heads, n, n) + mask[None, :, None]).reshape(b, self.heads, n, n)
        return self.out((score.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N, Z, Y, X, C]; Z, Y, X multiples of the window."""
        w, size = self.window, (int(x.shape[1]), int(x.shape[2]), int(x.shape[3]))
        shift = self.shift if min(size) > w else 0
        y = self.norm1(x)
        y = torch.roll(y, (-shift,) * 3, (1, 2, 3)) if shift else y
        mask = shift_mask(size, w, shift).to(x) if shift else None
        y = unwindows(self.attend(windows(y, w), mask), w, tuple(y.shape))
        y = torch.roll(y, (shift,) * 3, (1, 2, 3)) if shift else y
        x = x + y
        return x + self.mlp(self.norm2(x))


class SwinPair(nn.Module):
    """Two blocks, plain and shifted by half a window, on [N, C, Z, Y, X] of any size (padded at the far ends)."""

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.blocks = nn.ModuleList(WindowBlock(dim, heads, window, s) for s in (0, window // 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size = [int(s) for s in x.shape[2:]]
        pad = [(-s) % self.window for s in size]
        y = F.pad(x, (0, pad[2], 0, pad[1], 0, pad[0])) if any(pad) else x
        y = y.permute(0, 2, 3, 4, 1)
        for block in self.blocks:
            y = block(y)
        return y.permute(0, 4, 1, 2, 3)[:, :, : size[0], : size[1], : size[2]].contiguous()
