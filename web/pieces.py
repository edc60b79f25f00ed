"""Pieces: texts that many pages have in common, each encoded once and not for every page that it stands in.

Python copies a text that is all ASCII, and goes letter by letter through one in which a single dash is none.
"""

from markupsafe import Markup


class Piece(Markup):
    """Safe HTML that is kept."""

    __slots__ = ("_encoded",)
    _encoded: bytes

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The text in UTF-8; in whatever else it is asked for, made anew."""
        if encoding != "utf-8":
            return super().encode(encoding, errors)
        try:
            return self._encoded
        except AttributeError:
            self._encoded = super().encode()
            return self._encoded


class Pieces(list[Piece]):
    """Some that stand one after the other in a page; as a whole, too."""

    __slots__ = ("_whole",)
    _whole: Piece

    def __html__(self) -> Piece:
        try:
            return self._whole
        except AttributeError:
            self._whole = Piece("".join(self))
            return self._whole


def size_of(text: str) -> int:
    """About how many bytes a piece takes, with its other form."""
    return 3 * len(text) + 2000
