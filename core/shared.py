"""What many readers share: rows that were read once and that nobody changes."""

from typing import TypeVar

T = TypeVar("T")


class Shared(tuple[T, ...]):
    """Values that are known by which they are, not by what is in them, so that to look them up costs no look at each.

    Whoever makes one promises that neither it nor anything in it is changed any more.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)
