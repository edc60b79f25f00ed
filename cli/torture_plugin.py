"""The plugin of the torture: it raises wherever Livery calls it, and its jobs never succeed."""

from core.events import subscribe
from core.jobs import job, recurring
from forum.posts import PostCreated


class Spite(Exception):
    """What this plugin raises."""


@job
def never(post_id: int) -> None:
    """Fails, however often it is tried."""
    raise Spite(f"the job for post {post_id}")


@subscribe(PostCreated, at_once=True)
def at_once(event: PostCreated) -> None:
    """Asks for a job that fails, and raises in the process that wrote the post."""
    never.later(event.post_id)
    raise Spite(f"at once, for post {event.post_id}")


@subscribe(PostCreated)
def afterwards(event: PostCreated) -> None:
    """Raises in the job that hears of a post."""
    raise Spite(f"afterwards, for post {event.post_id}")


def every_second() -> None:
    """Raises for ever."""
    raise Spite("every second")


recurring(every_second, every=1)
