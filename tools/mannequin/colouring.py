"""Colours of a picture's pixels from the samples that each sees: kernels.

Each triangle that a pixel sees is shaded once there, in the middle of the pixel's samples of it.
"""

from __future__ import annotations

# ruff: noqa: PLR0917 - a kernel takes its arrays one by one
import numba as nb
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@nb.njit("void(f4[:,::1], i8, i8, f8, f8, f8[::1])", cache=True, nogil=True)
def look_up(samples: Float32, first: int, steps: int, b: float, c: float, out: Float64) -> None:
    """Samples (S, A) of one triangle at the place a + b (B - A) + c (C - A), linear in between."""
    u, v = min(max(b, 0.0), 1.0) * steps, min(max(c, 0.0), 1.0) * steps
    i = min(int(u), steps - 1)
    j = min(int(v), steps - 1 - i)
    u, v = min(u - i, 1.0), min(v - j, 1.0)
    # Rows of (i, j), (i + 1, j); those of j + 1 follow them.
    p = first + i * (steps + 1) - i * (i - 1) // 2 + j
    q = first + (i + 1) * (steps + 1) - (i + 1) * i // 2 + j
    if u + v <= 1.0 or i + j >= steps - 1:
        over = max(u + v, 1.0)
        u, v = u / over, v / over
        for k in range(out.shape[0]):
            out[k] = (1.0 - u - v) * samples[p, k] + u * samples[q, k] + v * samples[p + 1, k]
    else:
        for k in range(out.shape[0]):
            out[k] = (
                (u + v - 1.0) * samples[q + 1, k]
                + (1.0 - v) * samples[q, k]
                + (1.0 - u) * samples[p + 1, k]
            )


@nb.njit("void(f8[::1], f8[::1], f8, f8[::1], f8[::1])", cache=True, nogil=True)
def light_up(normal: Float64, colour: Float64, gloss: float, light: Float64, out: Float64) -> None:
    """BGR under a light, as `bodies.shade` has it; normal of any length, turned to the camera.

    light (15,): directions of key, fill and half way to the camera, powers of key and fill, ambient
    light, tint BGR.
    """
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    scale = 1.0 / max(length, 1e-6)
    if normal[2] > 0.0:
        scale = -scale
    x, y, z = normal[0] * scale, normal[1] * scale, normal[2] * scale
    key = max(x * light[0] + y * light[1] + z * light[2], 0.0)
    fill = max(x * light[3] + y * light[4] + z * light[5], 0.0)
    shine = max(x * light[6] + y * light[7] + z * light[8], 0.0)
    power = light[11] * (0.75 - 0.25 * y) + light[9] * key + light[10] * fill
    shine = 255.0 * gloss * shine**20
    for k in range(3):
        out[k] = min(max(colour[k] * power * light[12 + k] + shine, 0.0), 255.0)


@nb.njit(
    "void(i4[:,::1], f4[:,::1], f8[:,::1], f8[::1], f8[:,::1], i4[:,::1], i8[::1], i8[::1],"
    " b1[::1], f4[::1], f4[:,::1], f8[:,::1], f8[::1], i8, f4[:,:,::1], f4[:,::1])",
    cache=True,
    nogil=True,
)
def colour_pixels(
    seen: Int32,
    dark: Float32,
    corners_px: Float64,
    nearness: Float64,
    normals: Float64,
    triangles: Int32,
    first: Int64,
    steps: Int64,
    flipped: NDArray[np.bool_],
    gloss: Float32,
    samples: Float32,
    turned: Float64,
    light: Float64,
    fine: int,
    bgr: Float32,
    coverage: Float32,
) -> None:
    """Add what each pixel sees to bgr (H, W, 3) and to coverage (H, W), which start at 0.

    seen (fine H, fine W): the triangle of each sample, -1 for none; dark (as large): how much light
    reaches it. corners_px (V, 2) in samples, nearness (V,) = 1 / z, normals (V, 3) in the camera's
    axes; triangles to samples: see `painted.Painted`. turned (3, 3): from the body's axes to the
    camera's. light: see `light_up`.
    """
    share = 1.0 / (fine * fine)
    value, normal, lit = np.empty(6), np.empty(3), np.empty(3)
    here = np.empty(fine * fine, np.int32)
    for row in range(bgr.shape[0]):
        for column in range(bgr.shape[1]):
            for n in range(fine * fine):
                here[n] = seen[row * fine + n // fine, column * fine + n % fine]
            for n in range(fine * fine):
                t = here[n]
                if t < 0:
                    continue
                x, y, shade, count = 0.0, 0.0, 0.0, 0
                for m in range(n, fine * fine):
                    if here[m] == t:
                        here[m] = -1
                        sy, sx = row * fine + m // fine, column * fine + m % fine
                        x += sx
                        y += sy
                        shade += dark[sy, sx]
                        count += 1
                x /= count
                y /= count
                p, q, r = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                ax, ay = corners_px[p, 0], corners_px[p, 1]
                bx, by = corners_px[q, 0] - ax, corners_px[q, 1] - ay
                cx, cy = corners_px[r, 0] - ax, corners_px[r, 1] - ay
                area = bx * cy - by * cx
                wb = ((x - ax) * cy - (y - ay) * cx) / area
                wc = (bx * (y - ay) - by * (x - ax)) / area
                wa = (1.0 - wb - wc) * nearness[p]
                wb *= nearness[q]
                wc *= nearness[r]
                total = wa + wb + wc
                wa, wb, wc = wa / total, wb / total, wc / total
                if flipped[t]:
                    look_up(samples, first[t], steps[t], wc, wb, value)
                else:
                    look_up(samples, first[t], steps[t], wb, wc, value)
                for k in range(3):
                    normal[k] = (
                        wa * normals[p, k] + wb * normals[q, k] + wc * normals[r, k]
                        + turned[k, 0] * value[3] + turned[k, 1] * value[4]
                        + turned[k, 2] * value[5]
                    )  # fmt: skip
                light_up(normal, value[:3], gloss[t], light, lit)
                for k in range(3):
                    bgr[row, column, k] += lit[k] * (shade * share)
                coverage[row, column] += count * share
