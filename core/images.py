"""Images: what arrived is looked at, turned upright, freed of what its camera wrote into it, and scaled."""

import io
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is taken for an image; everything else is a file like any other."""
WIDTHS = (400, 800, 1600)
"""The widths that an image is scaled to, as far as it is wider."""
_EXTENSIONS = {"webp": "WEBP", "jpg": "JPEG", "png": "PNG", "gif": "GIF"}
_MOVING = ("GIF", "WEBP", "PNG")
"""What may hold a moving picture. A JPEG with further ones behind it (as telephones make them) is a photo."""
_MOST_FRAMES = 300
_MOST_SCANS = 40
"""Passes over a JPEG: those that are made in the usual ways have up to a dozen, and each takes as long as the image is large."""
_SCAN = b"\xff\xda"
_LONGEST = 30_000
"""Pixels of a side that arrives: each row takes memory and time of its own, however short it is."""
_TALLEST = 16_000
"""Pixels; WebP ends at 16,383."""
_QUALITY = 82


class NotAnImage(ValueError):
    """The content is no image that is known here, whatever its name says."""


class TooLarge(ValueError):
    """An image that would take too much memory or time: more pixels than allowed, too long a side, too many frames."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One size of an image in one format."""

    width: int
    height: int
    extension: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in all its sizes, the largest last; `extension` is the format for browsers without WebP."""

    width: int
    height: int
    extension: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of an image: around a point (in parts of its width and height), as large as fits divided by `zoom`."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0

    def box(self, whole: tuple[int, int], shape: tuple[int, int]) -> tuple[float, float, float, float]:
        """Its edges in pixels: left, top, right, bottom; of the shape that was asked for, and inside the image."""
        width = min(whole[0], whole[1] * shape[0] / shape[1]) / max(1.0, self.zoom)
        height = width * shape[1] / shape[0]
        left = min(max(0.0, self.x * whole[0] - width / 2), whole[0] - width)
        top = min(max(0.0, self.y * whole[1] - height / 2), whole[1] - height)
        return left, top, left + width, top + height


def read(data: bytes, *, most_pixels: int, widths: Sequence[int] = WIDTHS) -> Picture:
    """An image made safe and small. Raises NotAnImage, TooLarge.

    Only the header is read before the size is checked, so a bomb costs nothing. All that is kept are pixels: no EXIF
    (whose orientation is applied first), no comments, no thumbnails, no colour of a place on a map.
    """
    image = _opened(data, most_pixels)
    with _decoding():
        frames = int(getattr(image, "n_frames", 1)) if image.format in _MOVING else 1
        if frames > _MOST_FRAMES or image.width * image.height * frames > most_pixels:
            raise TooLarge(f"{frames} frames")
        if frames > 1:
            return _animated(image, most_pixels)
        image.draft("RGB", (max(widths), max(widths)))  # a large JPEG is made smaller while it is read
        upright = _plain(ImageOps.exif_transpose(image))
    if upright.height * min(1, max(widths) / upright.width) > _TALLEST:
        raise TooLarge(f"{upright.width} × {upright.height}")
    extension = "png" if upright.mode == "RGBA" else "jpg"
    made = []
    for width in steps(upright.width, widths):
        scaled = _scaled(upright, width)
        made += [Variant(*scaled.size, kind, _encoded(scaled, kind)) for kind in ("webp", extension)]
    return Picture(made[-1].width, made[-1].height, extension, tuple(made))


def cut(
    data: bytes, crop: Crop, sizes: Sequence[tuple[int, int]], *, most_pixels: int, fallback: str = "png"
) -> Picture:
    """A part of an image in several sizes of one shape, as WebP and in a format for browsers without.

    Of a moving picture the first frame is taken. Raises NotAnImage, TooLarge.
    """
    image = _opened(data, most_pixels)
    with _decoding():
        upright = _plain(ImageOps.exif_transpose(image))
    box = crop.box(upright.size, sizes[-1])
    made = []
    for size in sizes:
        scaled = upright.resize(size, Image.Resampling.LANCZOS, box=box)
        kept = _opaque(scaled) if fallback == "jpg" else scaled
        made += [Variant(*size, "webp", _encoded(scaled, "webp")), Variant(*size, fallback, _encoded(kept, fallback))]
    return Picture(*sizes[-1], fallback, tuple(made))


def _opened(data: bytes, most_pixels: int) -> Image.Image:
    """An image of which nothing but the header was read, and which is not too large for more."""
    with _decoding(), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked here
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > most_pixels or max(image.size) > _LONGEST:
        raise TooLarge(f"{image.width} × {image.height}")
    if image.format in ("JPEG", "MPO") and data.count(_SCAN) > _MOST_SCANS:
        raise TooLarge(f"{data.count(_SCAN)} scans")
    return image


@contextmanager
def _decoding() -> Iterator[None]:
    """Says in our words what goes wrong when an image is read; a forged one finds many ways."""
    try:
        yield
    except TooLarge:
        raise
    except Image.DecompressionBombError as error:
        raise TooLarge(str(error)) from error
    except (
        UnidentifiedImageError, OSError, SyntaxError, EOFError, MemoryError, ValueError, TypeError, KeyError, IndexError,
        OverflowError, struct.error,
    ) as error:  # fmt: skip
        raise NotAnImage(str(error)) from error


def _plain(image: Image.Image) -> Image.Image:
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if clear else "RGB")


def steps(width: int, widths: Sequence[int] = WIDTHS) -> list[int]:
    """The widths in which an image of this width is kept, the smallest first."""
    return [step for step in widths if step < width] + ([width] if width <= max(widths) else [])


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _scaled(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    return image.copy() if width == image.width else image.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, extension: str, **more: Any) -> bytes:
    kept = io.BytesIO()
    options = {"webp": {"quality": _QUALITY, "method": 3}, "jpg": {"quality": _QUALITY, "optimize": True}}
    image.info = {}
    image.save(kept, _EXTENSIONS[extension], **options.get(extension, {}), **more)
    return kept.getvalue()


def _animated(image: Image.Image, most_pixels: int) -> Picture:
    """Moving pictures keep their frames and their one size. Raises TooLarge: a frame may be larger than the header says."""
    frames: list[Image.Image] = []
    pauses: list[int] = []
    pixels = 0
    for frame in ImageSequence.Iterator(image):
        pixels += frame.width * frame.height
        if pixels > most_pixels or max(frame.size) > _LONGEST:
            raise TooLarge(f"{frame.width} × {frame.height} in frame {len(frames) + 1}")
        pauses.append(int(frame.info.get("duration", 100)) or 100)
        frames.append(frame.convert("RGBA"))
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": pauses, "loop": 0}
    still = [(kind, _encoded(frames[0].copy(), kind, **more)) for kind in ("webp", "gif")]
    size = frames[0].size
    return Picture(*size, "gif", tuple(Variant(*size, kind, data) for kind, data in still))
