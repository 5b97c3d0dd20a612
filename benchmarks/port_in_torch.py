"""The network of the PyTorch port, written anew in PyTorch, and its work: a process of its own.

It runs in the environment that against_pytorch.py makes, reads a line of JSON from stdin for each
task and answers by one: the seconds. `python port_in_torch.py FOLDER [compiled]`; FOLDER has
`step.pth` and `mesh.pth`, weights of the port's names, and `arrays.npz`, the inputs. Results are
written there. The port itself is not needed, and no line of it is here.
"""

import json
import sys
import time
from collections import deque
from itertools import pairwise, product
from pathlib import Path

import mcubes
import numpy as np
import torch
from torch import nn
from torch.nn import functional

CELLS, CELL = 64, 4  # meshing: cells along an axis, samples along a cell
POINTS_A_BATCH = 32768
LEVEL = 0.5
AROUND = [offset for offset in product((-1, 0, 1), repeat=3) if any(offset)]


class Encoder(nn.Module):
    """Five 4³ convolutions; instance norm without weights behind the first four."""

    def __init__(self, ef: int, z: int):
        super().__init__()
        widths = [1, ef, 2 * ef, 4 * ef, 8 * ef]
        for i, (channels, out) in enumerate(pairwise(widths), 1):
            self.add_module(f"conv_{i}", nn.Conv3d(channels, out, 4, 2, 1, bias=False))
        self.conv_5 = nn.Conv3d(8 * ef, z, 4)

    def forward(self, voxels: torch.Tensor) -> torch.Tensor:
        """Return the codes [n, z] of voxels [n, 1, 64, 64, 64]."""
        h = voxels
        for convolution in (self.conv_1, self.conv_2, self.conv_3, self.conv_4):
            h = functional.leaky_relu(functional.instance_norm(convolution(h)), 0.02)
        return torch.sigmoid(self.conv_5(h)).flatten(1)


class Generator(nn.Module):
    """Seven linear layers on [point, code], the code repeated for each point; the leaky clip."""

    def __init__(self, gf: int, z: int):
        super().__init__()
        widths = [z + 3, 8 * gf, 8 * gf, 8 * gf, 4 * gf, 2 * gf, gf, 1]
        for i, (rows, columns) in enumerate(pairwise(widths), 1):
            self.add_module(f"linear_{i}", nn.Linear(rows, columns))

    def forward(self, points: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Return the values [s, m] at points [s, m, 3] in [-0.5, 0.5] for codes [s, z]."""
        h = torch.cat([points, z[:, None].repeat(1, points.shape[1], 1)], 2)
        for i in range(1, 7):
            h = functional.leaky_relu(getattr(self, f"linear_{i}")(h), 0.02)
        h = self.linear_7(h)
        return torch.max(torch.min(h, h * 0.01 + 0.99), h * 0.01)[..., 0]


class Autoencoder(nn.Module):
    """Encoder and generator, under the port's names."""

    def __init__(self, weights: dict[str, torch.Tensor]):
        super().__init__()
        ef, z = weights["encoder.conv_1.weight"].shape[0], weights["encoder.conv_5.bias"].shape[0]
        self.encoder = Encoder(ef, z)
        self.generator = Generator(weights["generator.linear_6.weight"].shape[0], z)
        self.load_state_dict(weights)

    def forward(self, voxels: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Return the values [s, m] of the shapes at their points."""
        return self.generator(points, self.encoder(voxels))


class Work:
    """The tasks by name. Each returns an array, once its result is there."""

    def __init__(self, folder: Path, compiled: bool):
        self.arrays = dict(np.load(folder / "arrays.npz"))
        step, mesh = (
            Autoencoder(torch.load(folder / f"{name}.pth", weights_only=True))
            for name in ("step", "mesh")
        )
        self.optimizer = torch.optim.Adam(step.parameters(), 0.0, (0.5, 0.999))  # as in measure
        wrap = torch.compile if compiled else lambda module: module
        self.net, self.encoder, self.generator = map(wrap, (step, step.encoder, step.generator))
        self.mesh_encoder, self.mesh_generator = map(wrap, (mesh.encoder, mesh.generator))

    def step(self, shapes: int, points: int) -> np.ndarray:
        """Take a training step; return the loss before it."""
        voxels = torch.from_numpy(self.arrays["voxels"][:shapes].astype(np.float32))
        at = torch.from_numpy(self.arrays["points"][:shapes, :points])
        values = torch.from_numpy(self.arrays["values"][:shapes, :points])
        self.optimizer.zero_grad()
        loss = torch.mean((self.net(voxels, at) - values) ** 2)
        loss.backward()
        self.optimizer.step()
        return np.array(loss.item())

    @torch.no_grad()
    def decode(self, points: int) -> np.ndarray:
        """Return the values of one shape at points."""
        at = torch.from_numpy(self.arrays["points"].reshape(-1, 3)[:points])
        return self.generator(at[None], torch.from_numpy(self.arrays["z"])[None])[0].numpy()

    @torch.no_grad()
    def encode(self, shapes: int) -> np.ndarray:
        """Return the codes of shapes."""
        voxels = torch.from_numpy(self.arrays["voxels"][:shapes].astype(np.float32))
        return self.encoder(voxels).numpy()

    @torch.no_grad()
    def mesh(self) -> np.ndarray:
        """Return the vertices of a shape at 256³, as the port searches for its surface.

        Cells whose centre's neighbourhood is mixed are sampled 4³; where a sample is inside, the
        neighbours that were outside follow. The rest is 0, or 1 in the midst of what is inside.
        """
        chair = torch.from_numpy(self.arrays["chair"].astype(np.float32))
        z = self.mesh_encoder(chair)
        size = CELLS * CELL
        axis = (np.arange(CELLS) + 0.5) / CELLS - 0.5
        centres = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        flags = np.zeros((CELLS + 2,) * 3, bool)
        flags[1:-1, 1:-1, 1:-1] = (self._values(centres, z) > LEVEL).reshape((CELLS,) * 3)
        around = [
            np.roll(flags, offset, (0, 1, 2))[1:-1, 1:-1, 1:-1] for offset in [(0, 0, 0), *AROUND]
        ]
        every, some = np.logical_and.reduce(around), np.logical_or.reduce(around)
        grid = np.zeros((size + 2,) * 3, np.float32)
        blocks = every.repeat(CELL, 0).repeat(CELL, 1).repeat(CELL, 2)
        grid[1:-1, 1:-1, 1:-1] = blocks
        queue = deque(map(tuple, np.argwhere(some & ~every).tolist()))
        seen = some.copy()
        within = (np.stack(np.indices((CELL,) * 3), -1).reshape(-1, 3) + 0.5) / size - 0.5
        while queue:
            count = min(len(queue), POINTS_A_BATCH // CELL**3)
            cells = [queue.popleft() for _ in range(count)]
            points = np.array(cells)[:, None] / CELLS + within  # [cells, 64, 3]
            values = self._values(points.reshape(-1, 3), z).reshape(count, *(CELL,) * 3)
            for (i, j, k), block in zip(cells, values, strict=True):
                a, b, c = (1 + CELL * i, 1 + CELL * j, 1 + CELL * k)
                grid[a : a + CELL, b : b + CELL, c : c + CELL] = block
                if block.max() > LEVEL:
                    for di, dj, dk in AROUND:
                        beside = i + di, j + dj, k + dk
                        if all(0 <= n < CELLS for n in beside) and not seen[beside]:
                            seen[beside] = True
                            queue.append(beside)
        return mcubes.marching_cubes(grid, LEVEL)[0]

    def _values(self, points: np.ndarray, z: torch.Tensor) -> np.ndarray:
        at = torch.from_numpy(points.astype(np.float32))
        parts = [self.generator_at(part, z) for part in at.split(POINTS_A_BATCH)]
        return torch.cat(parts).numpy()

    def generator_at(self, points: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Return the values of the meshed network at points [m, 3]."""
        return self.mesh_generator(points[None], z)[0]


def main() -> None:
    folder = Path(sys.argv[1])
    work = Work(folder, "compiled" in sys.argv[2:])
    for line in sys.stdin:
        task = json.loads(line)
        began = time.perf_counter()
        result = getattr(work, task["do"])(**task["with"])
        seconds = time.perf_counter() - began
        np.save(folder / "result.npy", result)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
