"""Images: what arrived is looked at, turned upright, freed of what its camera wrote into it, and scaled."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is taken for an image; everything else is a file like any other."""
WIDTHS = (400, 800, 1600)
"""The widths that an image is scaled to, as far as it is wider."""
_EXTENSIONS = {"webp": "WEBP", "jpg": "JPEG", "png": "PNG", "gif": "GIF"}
_MOST_FRAMES = 300
_TALLEST = 16_000
"""Pixels; WebP ends at 16,383."""
_QUALITY = 82


class NotAnImage(ValueError):
    """The content is no image that is known here, whatever its name says."""


class TooLarge(ValueError):
    """An image that would take too much memory: more pixels than allowed, or too many frames."""


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
    image = _opened(data)
    if image.width * image.height > most_pixels:
        raise TooLarge(f"{image.width} × {image.height}")
    try:
        frames = int(getattr(image, "n_frames", 1))
        if frames > _MOST_FRAMES or image.width * image.height * frames > most_pixels:
            raise TooLarge(f"{frames} frames")
        if frames > 1:
            return _animated(image)
        image.draft("RGB", (max(widths), max(widths)))  # a large JPEG is made smaller while it is read
        upright = _plain(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise NotAnImage(str(error)) from error
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
    image = _opened(data)
    if image.width * image.height > most_pixels:
        raise TooLarge(f"{image.width} × {image.height}")
    try:
        upright = _plain(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise NotAnImage(str(error)) from error
    box = crop.box(upright.size, sizes[-1])
    made = []
    for size in sizes:
        scaled = upright.resize(size, Image.Resampling.LANCZOS, box=box)
        kept = _opaque(scaled) if fallback == "jpg" else scaled
        made += [Variant(*size, "webp", _encoded(scaled, "webp")), Variant(*size, fallback, _encoded(kept, fallback))]
    return Picture(*sizes[-1], fallback, tuple(made))


def _opened(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked by the caller
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NotAnImage(str(error)) from error
    except Image.DecompressionBombError as error:
        raise TooLarge(str(error)) from error


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


def _animated(image: Image.Image) -> Picture:
    """Moving pictures keep their frames and their one size."""
    frames, pauses = [], []
    for frame in ImageSequence.Iterator(image):
        pauses.append(int(frame.info.get("duration", 100)) or 100)
        frames.append(frame.convert("RGBA"))
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": pauses, "loop": 0}
    still = [(kind, _encoded(frames[0].copy(), kind, **more)) for kind in ("webp", "gif")]
    size = frames[0].size
    return Picture(*size, "gif", tuple(Variant(*size, kind, data) for kind, data in still))
