"""How soon somebody may write or vote again; the texts and figures are settings, moderators of the place never wait."""

import math
from datetime import datetime

from sqlalchemy import Select, func, select

from core import clock, i18n
from core.db import session
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import posting
from forum.privileges import MODERATE, rights
from forum.refusals import Forbidden, TooMany
from forum.viewers import Viewer
from models import Post, Queued, User, Vote

settings = declare(
    "pace",
    first_seconds=Int(0, "Seconds after joining until somebody may post (0: at once)", high=2_592_000),
    newcomer_seconds=Int(10, "Seconds between two posts of a newcomer (0: none)", high=86_400),
    newcomer_reputation=Int(3, "Reputation from which on somebody is no newcomer (0: nobody is one)", high=1_000_000),
    seconds=Int(0, "Seconds between two posts of everybody else (0: none)", high=86_400),
    ups_per_day=Int(100, "Votes up that somebody may give in a day (0: any number)", high=100_000),
    downs_per_day=Int(20, "Votes down that somebody may give in a day (0: any number)", high=100_000),
    ups_per_author=Int(20, "Votes up that somebody may give one author in a day (0: any number)", high=100_000),
    downs_per_author=Int(5, "Votes down that somebody may give one author in a day (0: any number)", high=100_000),
    up_reputation=Int(0, "Reputation that voting up needs (0: none)", high=1_000_000),
    down_reputation=Int(0, "Reputation that voting down needs (0: none)", high=1_000_000),
)
_DAY = 86_400


def require_pause(author: Viewer, category_id: int, send_key: str | None) -> None:
    """Raises TooMany, with the seconds to wait, for who posts again too soon; not for a form that comes twice."""
    pauses = settings.newcomer_seconds, settings.seconds
    if not (settings.first_seconds or any(pauses)) or MODERATE in rights(author, category_id):
        return
    queued = select(func.max(Queued.at)).where(Queued.author_id == author.id).scalar_subquery()
    posted = select(Post.created_at).where(Post.author_id == author.id).order_by(Post.id.desc()).limit(1)
    row = session().execute(
        select(User.joined_at, User.reputation, queued.label("queued"), posted.scalar_subquery().label("posted"))
        .where(User.id == author.id).with_for_update(of=User)
    ).one()  # fmt: skip
    pause = pauses[row.reputation >= settings.newcomer_reputation]
    left = max(_left(row.joined_at, settings.first_seconds), _left(row.queued, pause), _left(row.posted, pause))
    if left and posting.sent_before(author, send_key) is None:
        wait = i18n.span(left)
        raise TooMany(_("You can post again in %(wait)s. Your text stays here: send it then.", wait=wait), left)


def require_vote(voter: Viewer, category_id: int, author_id: int, value: int) -> None:
    """Raises Forbidden when a vote that is just written down needs more reputation, TooMany when it is one too many."""
    if value == 0 or MODERATE in rights(voter, category_id):
        return
    up = value == 1
    needed = settings.up_reputation if up else settings.down_reputation
    if needed and (session().scalar(select(User.reputation).where(User.id == voter.id)) or 0) < needed:
        raise Forbidden(_("To vote like this you need a reputation of %(num)s.", num=needed))
    mine = select(Vote.created_at).where(Vote.user_id == voter.id, Vote.value == value).order_by(Vote.created_at.desc())
    if wait := _full(mine, settings.ups_per_day if up else settings.downs_per_day):
        again = i18n.span(wait)
        raise TooMany(
            _("These were all your votes of this kind for a day. The next is free in %(wait)s.", wait=again), wait
        )
    his = mine.join(Post, Post.id == Vote.post_id).where(Post.author_id == author_id)
    if wait := _full(his, settings.ups_per_author if up else settings.downs_per_author):
        again = i18n.span(wait)
        raise TooMany(_("You voted for this author a lot today. Your next vote is free in %(wait)s.", wait=again), wait)


def _left(since: datetime | None, seconds: int) -> int:
    """How many whole seconds are left of so many since a moment; what is still to come (a planned topic) counts not."""
    if since is None or not seconds or since > clock.now():
        return 0
    return max(0, math.ceil(seconds - (clock.now() - since).total_seconds()))


def _full(votes: Select[datetime], most: int) -> int:
    """The seconds until the newest of these votes is none too many in a day; 0: it is not."""
    if not most:
        return 0
    oldest = session().scalar(votes.offset(most).limit(1))
    return _left(oldest, _DAY)
