"""Page sizes: how many rows a page holds for a reader, as he chose within the administrator's bounds."""

from functools import cache

from forum.viewers import Viewer

SITE = "site"
"""As the administrator set it."""
SIZES = ("10", "20", "30", "50", "75", "100")


@cache
def offered(most: int) -> tuple[str, ...]:
    """What a member may choose where the administrator allows at most so many rows."""
    return (SITE, *(size for size in SIZES if int(size) <= most))


def chosen(viewer: Viewer, name: str, most: int) -> str:
    """What a member chose; the site's size where he chose none, or more than is allowed by now."""
    held = viewer.preferences.get(name, SITE)
    return held if held in offered(most) else SITE


def of(viewer: Viewer, name: str, usual: int, most: int) -> int:
    """How many rows a page holds for a viewer."""
    size = chosen(viewer, name, most)
    return usual if viewer.guest or size == SITE else int(size)
