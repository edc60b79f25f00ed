"""A forum with every kind of viewer and every kind of category, in which each place has words that stand nowhere else."""

from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from core import clock, mail
from core.db import session, writing
from core.failures import FailedJob
from core.incidents import Incident
from forum import categories, deletions, flags, groups, queue, removals, sanctions, search_index, transfers
from models import (
    Account,
    Candidacy,
    Category,
    Draft,
    Flag,
    Invitation,
    Membership,
    NavigationItem,
    NetworkBan,
    Notice,
    Post,
    ProfileField,
    Queued,
    ReasonText,
    Registration,
    Revision,
    Sanction,
    StaffNote,
    Topic,
    Upload,
    User,
    Widget,
)
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_moderator,
    a_post,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    an_own_skin,
    first_post,
    grant,
    inside,
    viewer_of,
    writes,
)
from tests.visitor import Visitor

READ = ("find", "read", "topics:read")
WRITE = ("topics:create", "topics:reply", "topics:tag", "posts:upvote", "posts:downvote", "posts:edit", "posts:history")
KINDS = ("public", "private", "readonly", "hidden")
VIEWERS = (
    "guest", "unverified", "member", "group member", "category moderator", "global moderator", "delegate",
    "administrator", "muted", "banned",
)  # fmt: skip
ALL = frozenset(VIEWERS)
READS = {
    "public": ALL,
    "private": frozenset({"group member", "category moderator", "global moderator", "administrator"}),
    "readonly": ALL,
    "hidden": frozenset({"global moderator", "administrator"}),
}
"""Who reads a kind of category. Whoever is banned reads as a guest, once he has been told."""
WRITES = {
    "public": ALL - {"guest", "muted", "banned"},
    "private": READS["private"],
    "readonly": frozenset({"global moderator", "administrator"}),
    "hidden": READS["hidden"],
}
VOTES = {kind: who | ({"muted"} if kind == "public" else set()) for kind, who in WRITES.items()}
MODERATES = {
    "public": frozenset({"global moderator", "administrator"}),
    "private": frozenset({"category moderator", "global moderator", "administrator"}),
    "readonly": frozenset({"global moderator", "administrator"}),
    "hidden": frozenset({"global moderator", "administrator"}),
}
WORDS = ("name", "title", "first", "reply", "tag", "flag", "wait", "gone", "lost", "earlier", "merged")


@dataclass
class World:
    """A browser for each kind of viewer, and in each kind of category a topic whose every word is its own."""

    app: Flask
    people: dict[str, User]
    browsers: dict[str, Visitor]
    places: dict[str, Category]
    topics: dict[str, Topic]
    replies: dict[str, Post]
    flags: dict[str, Flag]
    queued: dict[str, Queued]
    more: dict[str, dict[str, int | str]] = field(default_factory=dict)
    """What only the matrix needs: ids and names by kind, and by "" where they are of no place."""

    def secrets(self, kind: str) -> list[str]:
        """The words that stand in this category and nowhere else."""
        return [f"{word}of{kind}" for word in WORDS]

    def values(self, kind: str) -> dict[str, object]:
        """What the variables of addresses are there."""
        topic, place = self.topics[kind], self.places[kind]
        return {
            "topic_id": topic.id, "category_id": place.id, "post_id": self.replies[kind].id, "number": 2,
            "tag": f"tagof{kind}", "user_id": topic.author_id, "slug": f"author-of-{kind}",
            "filename": "css/livery.css", "feature": "posts", "name": "per_page", "key": "a" * 22,
            "code": "nonsense", "flag_id": self.flags[kind].id, "queued_id": self.queued[kind].id,
        }  # fmt: skip


def a_world(app: Flask) -> World:
    """Ten viewers and four categories."""
    people = {
        "unverified": a_user("Fresh", email="fresh@example.org"),
        "member": a_user("Member"), "group member": a_user("Insider"), "category moderator": a_user("Carer"),
        "global moderator": a_moderator(), "delegate": a_user("Delegate"), "administrator": an_administrator(),
        "muted": a_user("Muted"), "banned": a_user("Banned"),
    }  # fmt: skip
    with inside(), writing():
        insiders = groups.create("Insiders", visibility="hidden")
        groups.join(people["group member"].id, insiders.id)
    grant("admin:settings", to=people["delegate"])
    places = {kind: a_category(f"nameof{kind}", own_rights=kind != "public") for kind in KINDS}
    grant(*READ, *WRITE, to=insiders.slug, in_=places["private"])
    grant("moderate", to=people["category moderator"], in_=places["private"])
    for slug in ("guests", "registered"):
        grant(*READ, to=slug, in_=places["readonly"])
    topics, replies = {}, {}
    for kind, place in places.items():
        author = a_user(f"Author of {kind}", slug=f"author-of-{kind}")
        topics[kind] = a_topic(
            by=author, in_=place, title=f"titleof{kind} is here", body=f"firstof{kind} words", tags=f"tagof{kind}"
        )
        replies[kind] = a_post(in_=topics[kind], by=author, body=f"replyof{kind} words", to=first_post(topics[kind]))
        a_vote(replies[kind], by=people["administrator"])
    reported, waiting = {}, {}
    for kind in KINDS:
        reported[kind], waiting[kind] = work_for_moderators(kind, topics[kind], replies[kind], people["administrator"])
    with inside():
        search_index.catch_up()
    browsers = {"guest": Visitor(app), **{name: Visitor(app, person) for name, person in people.items()}}
    with inside(), writing():
        keeper = viewer_of(people["administrator"])
        sanctions.put(keeper, people["muted"].id, "mute", "Quiet.", None)
        sanctions.put(keeper, people["banned"].id, "ban", "Out.", None)
    return World(app, people, browsers, places, topics, replies, reported, waiting)


@writes
def work_for_moderators(kind: str, topic: Topic, post: Post, reporter: User) -> tuple[Flag, Queued]:
    """A report on a post of a category, and a topic that waits to be posted there."""
    flags.report_post(viewer_of(reporter), topic, post.id, "other", f"flagof{kind} words")
    place = categories.find(topic.category_id)
    queue.hold_topic(viewer_of(reporter), place, (f"waitof{kind}", f"waitof{kind} words", ""), "category", None)
    found = select(Flag).where(Flag.post_id == post.id), select(Queued).where(Queued.category_id == topic.category_id)
    return tuple(session().scalars(query).one() for query in found)


def furnish(world: World) -> World:
    """Adds what the matrix asks for: something of everything that an address can name."""
    everywhere = {name: made for make in (_people, _panel_rows, _operations) for name, made in make(world).items()}
    for kind in KINDS:
        world.more[kind] = {**everywhere, **_in_place(world, kind)}
    world.more[""] = everywhere
    with inside():
        search_index.catch_up()
    return world


def _in_place(world: World, kind: str) -> dict[str, int]:
    author, place = _author(world, kind), world.places[kind]
    deleted = a_post(in_=world.topics[kind], by=author, body=f"goneof{kind} words")
    marshal = world.people["global moderator"]
    lost = a_deleted_topic(by=author, in_=place, title=f"lostof{kind}", deleter=marshal)
    scheduled = a_scheduled_topic(by=author, in_=place, title=f"lostof{kind} later")
    source = a_topic(by=author, in_=place, title=f"mergedof{kind}", body=f"mergedof{kind} words")
    target = a_topic(by=author, in_=place, title=f"mergedof{kind} too")
    with inside(), writing():
        keeper = viewer_of(world.people["administrator"])
        deletions.delete_post(keeper, world.topics[kind].id, deleted.id)
        move = transfers.merge(keeper, source.id, target.id)
        live = session().get_one(Post, world.replies[kind].id)
        live.revisions, live.version = 1, 2
        revision = Revision(
            post_id=live.id, source=f"earlierof{kind}", editor_id=author.id, edited_at=clock.now(), reason=""
        )
        session().add(revision)
        session().flush()
        return {
            "deleted_post": deleted.id, "lost": lost.id, "scheduled": scheduled.id, "moved": target.id,
            "move_id": move.id, "revision_id": revision.id, "parts": world.topics[kind].id, "version": 2,
        }  # fmt: skip


def _author(world: World, kind: str) -> User:
    with inside():
        return session().get_one(User, world.topics[kind].author_id)


def _people(world: World) -> dict[str, int]:
    somebody, silenced, spammer = a_user("Somebody"), a_user("Silenced"), a_user("Spammer")
    owner, candidate = a_user("Owner"), a_user("Candidate")
    with inside(), writing():
        keeper, now = viewer_of(world.people["administrator"]), clock.now()
        sanctions.put(keeper, silenced.id, "mute", "Loud.", None)
        sanctions.write_down(keeper, somebody.id, "A note.")
        removals.remove(keeper, spammer.id)
        club = groups.create("Club", visibility="private")
        groups.join(owner.id, club.id)
        session().get_one(Membership, (club.id, owner.id)).owner = True
        session().add(Candidacy(group_id=club.id, user_id=candidate.id, invited=False, since=now))
        draft = Draft(user_id=somebody.id, key="draft", kind="category", target_id=world.places["public"].id,
                      body="Not yet.", saved_at=now)  # fmt: skip
        notice = Notice(user_id=somebody.id, key="follow", kind="follow", at=now, actors=[owner.id])
        upload = Upload(user_id=somebody.id, key="b" * 22, name="a.png", media_type="image/png", size=1, created_at=now)
        waits = Registration(
            name="Nora", name_key="nora", email="nora@example.org", email_key="nora@example.org", password_hash="x",
            network="", state="waiting", at=now,
        )  # fmt: skip
        invited = Invitation(
            inviter_id=keeper.id, email="asked@example.org", email_key="asked@example.org", group_ids=[], at=now,
            until=now + timedelta(days=7),
        )  # fmt: skip
        session().add_all([draft, notice, upload, waits, invited])
        session().flush()
        mute = session().scalars(select(Sanction).where(Sanction.user_id == silenced.id)).one()
        note = session().scalars(select(StaffNote)).one()
        return {
            "somebody": somebody.id, "candidate": candidate.id, "owner": owner.id, "draft_id": draft.id,
            "notice_id": notice.id, "upload_id": upload.id, "sanction_id": mute.id, "note_id": note.id,
            "registration_id": waits.id, "invitation_id": invited.id, "club": club.id,
        }  # fmt: skip


def _panel_rows(world: World) -> dict[str, int]:
    skin = an_own_skin()
    spare = a_category("Spare")
    with inside(), writing():
        entry = NavigationItem(icon="star", text="Entry", target="/recent")
        widget = Widget(place="sidebar", body="Hello")
        text = ReasonText(kind="any", title="Spam", body="No spam.")
        network = NetworkBan(network="203.0.113.0/24", at=clock.now())
        asked = ProfileField(name="Place", kind="text")
        listed = Widget(place="footer", kind="recent_posts", title="Lately", body="")
        session().add_all([entry, widget, text, network, asked, listed])
        session().flush()
        return {
            "entry": entry.id, "widget": widget.id, "text_id": text.id, "ban_id": network.id, "skin_id": skin.id,
            "spare": spare.id, "field_id": asked.id,
            "listed": listed.id,
        }  # fmt: skip


def _operations(world: World) -> dict[str, int | str]:
    """What broke, what was given up, and a mail in the folder; the administrator has an address to try the mail."""
    now = clock.now()
    with inside(), writing():
        account = session().get_one(Account, world.people["administrator"].id)
        account.email = account.email_key = "keeper@example.org"
        account.email_confirmed_at = now
        call = '{"args": ["somebody@example.org", "Subject: Hello\\n\\nWords."], "keywords": {}}'
        job = FailedJob(digest="0", name=mail.send.name, arguments=call, error="OSError: no room", trace="", times=1,
                        at=now)  # fmt: skip
        bad = {
            kind: Incident(
                kind=kind, digest="0", shape="Shape", times=1, worst=0, first_at=now, last_at=now, details={}
            )
            for kind in ("error", "page")
        }
        session().add_all([job, *bad.values()])
        session().flush()
        ids = {"failed_id": job.id, **{kind: incident.id for kind, incident in bad.items()}}
    with inside():  # not within the write: whoever lays the mail in the folder notes it in a write of his own
        mail.post("somebody@example.org", mail.Letter("Hello", ("Words.",)))
    return {**ids, "laid": mail.laid()[0]}
