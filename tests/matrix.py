"""Who may do what at every address: one line for each route and method, in the words of the rules.

A new route needs a line here, or tests/test_matrix.py fails and says which. A line reads: the method and the endpoint,
who may, and what a form sends. The first word of `Rule` is what somebody is told who may not: "login" (asked to log in,
or 403 for a form), "no" (403), "missing" (404). Variables of addresses come from the world (tests/world.py): a keyword
puts one thing in place of another, so `post_id="deleted_post"` asks for the deleted post of each category.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.world import ALL, KINDS, MODERATES, READS, VOTES, WRITES

STAFF = frozenset({"global moderator", "administrator"})
"""Who works with people: mutes, bans, reads their records."""


@dataclass(frozen=True)
class Rule:
    """Who may, by kind of category ("" where a route is of no place), and what the others are told."""

    who: Mapping[str, frozenset[str]]
    refused: str = "no"
    sees: Mapping[str, frozenset[str]] | None = None  # whoever is not among these finds nothing there
    members: bool = True  # a guest is asked to log in before anything else
    machines: bool = False  # nobody is looked up

    def answer(self, who: str, kind: str) -> str:
        """What somebody is told: yes, no, missing or login."""
        if who == "banned" and not self.machines:
            return "no"  # his session is still open, and ends with that
        if who == "guest" and self.members:
            return "login"
        if self.sees is not None and who not in self.sees[kind]:
            return "missing"
        return "yes" if who in self.who[kind] else self.refused


def only(*who: str, **more: str) -> Rule:
    """A rule for these viewers, wherever they are."""
    return Rule(dict.fromkeys(("", *KINDS), frozenset(who)), **more)


MEMBERS_ALL = ALL - {"guest"}
MEMBERS_READ = {kind: who - {"guest"} for kind, who in READS.items()}

EVERYBODY = Rule(dict.fromkeys(("", *KINDS), ALL), members=False)
MACHINES = Rule(dict.fromkeys(("", *KINDS), ALL), members=False, machines=True)
MEMBERS = only(*MEMBERS_ALL)
WRITING_MEMBERS = only(*(MEMBERS_ALL - {"muted"}))
NOBODY = only(refused="missing")
"""What is somebody else's own: it is not there."""
NO_GUESTS_EITHER = Rule(dict.fromkeys(("", *KINDS), frozenset()), refused="missing", members=False)
"""What is there for nobody."""
FINDERS = Rule(dict.fromkeys(("", *KINDS), MEMBERS_ALL), members=False)
"""Whoever may search: a guest is told to log in."""

READERS = Rule(READS, sees=READS, members=False)
READING = Rule(READS, sees=READS)
"""Members who may read there."""
WRITERS = Rule(WRITES, sees=READS)
COMPOSERS = Rule(WRITES, sees=READS, members=False)
"""As WRITERS, but a guest may send the form too: he is asked for his password in it, and where he may not read there is
nothing."""
VOTERS = Rule(VOTES, sees=READS)
MODERATORS = Rule(MODERATES, sees=READS)
HISTORIES = Rule(
    {
        "public": MEMBERS_ALL - {"banned"}, "private": READS["private"], "readonly": MODERATES["readonly"],
        "hidden": READS["hidden"],
    },
    sees=READS, members=False,
)  # fmt: skip
"""Whoever may see what a post said before: in the category that is only read, that was granted to nobody."""
AMONG_MODERATORS = Rule(MODERATES, sees=MODERATES)
"""What others may not even know of."""
HIDDEN_FROM_OTHERS = Rule(MODERATES, refused="missing", sees=READS, members=False)
"""As AMONG_MODERATORS, and a guest is not asked to log in: there is nothing."""
PURGES = {**dict.fromkeys(KINDS, frozenset({"administrator"})), "public": STAFF}
"""Moderating does not bring purging, and what the site grants does not count where a category has its own rights."""
PURGERS_OF_POSTS = Rule(PURGES, sees=READS)
PURGERS_OF_TOPICS = Rule(PURGES, sees=MODERATES)

WORKERS = only(*STAFF)
RECORDS = only(*STAFF, refused="missing")
MODERATING_ANYWHERE = only("category moderator", *STAFF)
ADMINISTRATORS = only("administrator")
SETTINGS = only("administrator", "delegate")
"""The sections of the control panel that the delegate's right opens."""
INSIDERS = only("group member", "administrator", refused="missing")


@dataclass(frozen=True)
class Case:
    """A request: who may send it, what it names, what it sends and asks."""

    route: str
    rule: Rule
    sends: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of places in which it is tried."""
        placed = self.rule.sees is not None or self.query.count("{") or "kinds" in self.names
        return KINDS if placed else ("",)


CASES: list[Case] = []


def say(route: str, rule: Rule, query: str = "", sends: Mapping[str, str] | None = None, **names: str) -> None:
    """Says who may do this."""
    CASES.append(Case(route, rule, sends or {}, query, names))


def say_all(routes: Iterable[str], rule: Rule, **names: str) -> None:
    """Says it of several."""
    for route in routes:
        say(route, rule, **names)


# --- pages for everybody, with whatever a reader may see on them ---

say_all(
    (
        "GET accounts.login", "GET registration.new", "GET registration.sent", "GET accounts.forgotten",
        "GET categories.index", "GET categories.home", "GET groups.index",
        "GET layout.keys", "GET live.index", "GET live.show", "GET skins.index", "GET skins.previews",
        "GET sitemap", "GET sitemap_places", "GET users.index", "GET tags.index",
    ),
    EVERYBODY,
)  # fmt: skip
say("GET addresses.show", EVERYBODY)
say("GET addresses.lost", NO_GUESTS_EITHER)
say("GET accounts.reset", NO_GUESTS_EITHER)  # with a code that is none
say("GET sitemap_topics", EVERYBODY, number="one")
say("GET skins.stylesheet", EVERYBODY)
say("GET uploads.show", NO_GUESTS_EITHER)  # a key that is none; whoever knows one may fetch its file
say("GET notifications.stop", NO_GUESTS_EITHER)
say("GET moderation.log", NO_GUESTS_EITHER)  # it is switched off
say_all(("GET static", "GET colours", "GET healthz", "GET readyz", "GET metrics"), MACHINES)
say("GET robots", EVERYBODY)
for name in ("recent", "popular", "top"):
    say(f"GET lists.{name}", EVERYBODY, query="?term=alltime")
    say(f"GET lists.{name}", READERS, query="?cid={category_id}")
say("GET tags.show", READERS)
say("GET widgets.show", EVERYBODY, item_id="listed")
say("GET widgets.show", EVERYBODY, query="?in={category_id}", item_id="listed")
say("GET users.by_id", EVERYBODY, kinds="all")
for name in ("show", "posts", "topics", "best", "controversial", "groups", "following", "followers"):
    say(f"GET users.{name}", EVERYBODY, kinds="all")
say("GET search.index", FINDERS, query="?q=titleof{kind}")
say("GET search.index", FINDERS, query="?q=firstof{kind}&in=posts")
say("GET search.quick", EVERYBODY, query="?q=replyof{kind}")

# --- topics and posts ---

say("GET categories.show", READERS, slug="place")
say("GET categories.show", READERS, query="?tag=tagof{kind}&sort=most_votes", slug="place")
say("GET topics.show", READERS, slug="topic")
say("GET topics.show", READERS, query="?sort=most_votes", slug="topic")
say_all(("GET live.news", "GET live.fresh", "GET live.readers"), READERS)
say("GET live.show", READERS, query="?topic={topic_id}")
say("GET live.post", READERS)
say_all(("GET posts.show", "GET posts.replies", "GET posts.voters"), READERS)
say_all(("GET posts.menu", "GET topics.tools"), READING)
say("GET unread.jump", READING, slug="topic")
say("GET posts.new", WRITERS, query="?quote={post_id}")
say("GET topics.new", READING, query="?category={category_id}")
say("POST posts.create", COMPOSERS, sends={"body": "A reply."})
say("POST topics.create", COMPOSERS, sends={"title": "A new topic", "body": "With words."})
say("POST posts.preview", MEMBERS, sends={"body": "Look at /topic/{topic_id} and /post/{post_id}"}, kinds="all")
say("POST votes.update", VOTERS, sends={"value": "-1"})
say("POST bookmarks.update", READING, sends={"kept": "1"})
say("POST following.topic", READING, sends={"state": "watch"})
say("POST following.category", READING, sends={"state": "watch"})
say("POST live.typing", WRITERS)
say("POST topics.sort", READING, sends={"sort": "most_votes"})
say("POST unread.mark_topic", READING, sends={"read": "1"})
say("POST unread.mark_category", READING, sends={"read": "1"})
say("GET flags.ask_post", READING)
say("POST flags.create_post", READING, sends={"reason": "spam"})
say("GET revisions.index", HISTORIES)
say("GET revisions.edit", MODERATORS)
say("POST revisions.update", Rule(MODERATES, sees=READS, members=False), sends={"body": "Other words.", "seen": "2"})
say("POST revisions.restore", MODERATORS)

# --- what moderators do there ---

say_all(("GET deletions.ask_post", "GET deletions.ask_topic"), MODERATORS)
say("POST deletions.update_post", MODERATORS, sends={"deleted": "1"})
say("POST deletions.update_post", MODERATORS, sends={"deleted": "0"}, post_id="deleted_post")
say("POST deletions.update_topic", MODERATORS, sends={"deleted": "1"})
say("POST deletions.update_topic", AMONG_MODERATORS, sends={"deleted": "0"}, topic_id="lost")
say("GET deletions.ask_purge_post", PURGERS_OF_POSTS, post_id="deleted_post")
say("POST deletions.destroy_post", PURGERS_OF_POSTS, post_id="deleted_post")
say("GET deletions.ask_purge_topic", PURGERS_OF_TOPICS, topic_id="lost")
say("POST deletions.destroy_topic", PURGERS_OF_TOPICS, topic_id="lost")
say("GET topics.show", HIDDEN_FROM_OTHERS, topic_id="lost", slug="lost")
say("GET topics.show", HIDDEN_FROM_OTHERS, topic_id="scheduled", slug="later")
say("GET posts.show", READERS, post_id="deleted_post")  # the place that it leaves
say("GET posts.replies", READERS, post_id="deleted_post")
say("GET posts.voters", HIDDEN_FROM_OTHERS, post_id="deleted_post")
say("POST topics.schedule", AMONG_MODERATORS, sends={"now": "1"}, topic_id="scheduled")
say_all(("GET topic_tools.ask_move", "GET topic_tools.ask_pin", "GET topic_tools.ask_rename"), MODERATORS)
say("POST topic_tools.lock", MODERATORS, sends={"locked": "1"})
say("POST topic_tools.pin", MODERATORS, sends={"pinned": "1"})
say("POST topic_tools.move", MODERATORS, sends={"category": "{destination}"})
say("POST topic_tools.rename", MODERATORS, sends={"title": "Another title", "tags": ""})
say_all(("GET transfers.ask_fork", "GET transfers.ask_merge", "GET transfers.ask_posts"), MODERATORS)
say("POST transfers.fork", MODERATORS, sends={"numbers": "2", "title": "A fork of it"})
say("POST transfers.merge", MODERATORS, sends={"topic": "{moved}"})
say("POST transfers.move_posts", MODERATORS, sends={"topic": "{moved}", "numbers": "2"})
say("POST transfers.undo", MODERATORS, topic_id="moved")
say("GET transfers.ask_owner", MODERATORS)
say("POST transfers.owner", MODERATORS, sends={"name": "Somebody"})
say("POST bulk.update", MODERATORS, sends={"topic": "{topic_id}", "act": "lock"})
say("GET flags.show", AMONG_MODERATORS)
say_all(("GET flags.inbox", "GET flags.moved", "GET registration.inbox", "GET moderation.networks"), EVERYBODY)
say("POST flags.update", AMONG_MODERATORS, sends={"act": "rejected", "version": "1"})
say("POST flags.assign", AMONG_MODERATORS, sends={"who": "{keeper}", "version": "1"})
say("POST flags.note", AMONG_MODERATORS, sends={"words": "Seen."})
say("GET queue.show", AMONG_MODERATORS)
say("POST queue.update", AMONG_MODERATORS, sends={"act": "refuse", "version": "1"}, but_not="administrator")
say("POST queue.withdraw", NOBODY, kinds="all", but_not="administrator")
say("GET registration.show", RECORDS)
say("POST registration.update", RECORDS, sends={"act": "refuse", "version": "1", "reason": "No."})
say("GET moderation.index", MODERATING_ANYWHERE)
say("GET moderation.index", MODERATING_ANYWHERE, query="?show=done")
say("GET moderation.state", MODERATING_ANYWHERE)

# --- what is one's own ---

say_all(
    (
        "GET accounts.me", "GET accounts.edit", "GET addresses.edit", "GET sessions.index", "GET naming.edit",
        "GET leaving.ask", "GET preferences.edit", "GET bookmarks.mine", "GET drafts.menu",
        "GET following.index", "GET live.own", "GET notifications.index", "GET notifications.edit",
        "GET pictures.edit", "GET queue.index", "GET unread.index", "GET compose.emoji", "GET notifications.show",
    ),
    MEMBERS,
)  # fmt: skip
for name in ("people", "topics", "tags"):
    say(f"GET compose.{name}", MEMBERS, query="?q=titleof{kind}")
say("GET compose.tags", MEMBERS, query="?q=tagof{kind}&category={category_id}")
say("GET compose.similar", MEMBERS, query="?title=titleof{kind}")
say("GET compose.rules", READING, query="?cid={category_id}")
for route in ("bookmarks.index", "drafts.index", "uploads.index"):
    say(f"GET {route}", MEMBERS, slug="me")
    say(f"GET {route}", NOBODY, slug="person")
for route, tabs in (
    ("found", ("watched", "ignored", "read")),
    ("voted", ("upvoted", "downvoted")),
    ("chosen", ("blocks",)),
):
    for tab in tabs:
        say(f"GET users.{route}", MEMBERS, slug="me", tab=tab)
        say(f"GET users.{route}", NOBODY, slug="person", tab=tab)
say("GET profiles.mine", MEMBERS, slug="me")
say("GET profiles.mine", NOBODY, slug="person")
say("GET profiles.edit", MEMBERS)
say("GET profiles.edit_moved", MEMBERS, slug="me", part="email")
say("GET profiles.edit_moved", NOBODY, slug="person", part="email")
say("GET profiles.tab_moved", MEMBERS, slug="me", part="sessions")
say("GET profiles.tab_moved", NOBODY, slug="person", part="sessions")
say("POST profiles.update", WRITING_MEMBERS, sends={"about": "Hello."})
say("POST drafts.save", MEMBERS, sends={"place": "category:1", "send_key": "key", "body": "Words."})
say("POST drafts.discard", NOBODY)
say("POST drafts.discard_all", MEMBERS)
say("POST drafts.discard_written", MEMBERS, sends={"place": "category:1", "send_key": "key"})
say("POST following.tag", MEMBERS, sends={"follow": "1"}, kinds="all")
say("POST notifications.read_all", MEMBERS)
say("POST notifications.read", MEMBERS)  # of somebody else: nothing happens to it
say("POST notifications.update", MEMBERS, sends={"*notices": "site"})
say("POST unread.mark", MEMBERS, sends={"mark": "all-read"})
say("POST pictures.destroy", MEMBERS, sends={"kind": "picture"})
say("POST uploads.destroy", NOBODY)
say(
    "POST accounts.update",
    MEMBERS,
    sends={"current": "{password}", "password": "another long enough phrase", "repeat": "another long enough phrase"},
)
say("POST addresses.update", MEMBERS, sends={"current": "{password}", "email": "new@example.org"})
say("POST sessions.end", NOBODY, session_id="999999")
say("POST sessions.end_others", MEMBERS)
say("POST naming.update", MEMBERS, sends={"name": "Another name", "current": "{password}"})
say("POST leaving.leave", MEMBERS, sends={"posts": "keep", "current": "{password}"}, but_not="administrator")
say(
    "POST preferences.update",
    MEMBERS,
    sends={
        "home": "recent",
        "category_sort": "most_posts",
        "topic_sort": "most_votes",
        "category_state": "track",
        "posts_per_page": "10",
        "topics_per_page": "site",
    },
)
for name in ("me", "person"):
    say("GET preferences.show", MEMBERS, slug=name)

# --- forms that anybody may send ---

say("POST accounts.logout", EVERYBODY)
say("POST accounts.log_in_now", EVERYBODY, sends={"name": "Somebody", "password": "{password}"})
say("POST registration.create", EVERYBODY, sends={"name": "Newcomer", "password": "{password}", "repeat": "{password}"})
say("POST accounts.send_reset", EVERYBODY, sends={"email": "nobody@example.org"})
say("POST accounts.reset_now", NO_GUESTS_EITHER, sends={"password": "{password}", "repeat": "{password}"})
say("POST addresses.confirm", NO_GUESTS_EITHER)
say("POST addresses.take_back", NO_GUESTS_EITHER)
say("POST notifications.stop_now", NO_GUESTS_EITHER)
say("POST layout.update", EVERYBODY, sends={"open": "1"})
say("POST skins.update", EVERYBODY, sends={"skin": "zephyr"})
say("POST skins.update_all", EVERYBODY, sends={"skin": "zephyr"})

# --- people ---

say("GET flags.ask_person", MEMBERS, slug="person")
say("POST flags.create_person", MEMBERS, sends={"reason": "spam"}, slug="person")
say("POST following.person", MEMBERS, sends={"follow": "1"}, slug="person")
say("POST following.block", MEMBERS, sends={"block": "1"}, slug="person")
say("GET sanctions.show", RECORDS, slug="person")
say("GET sanctions.show", MEMBERS, slug="me")
say("GET sanctions.moved", MEMBERS, slug="person")
say("POST sanctions.create", WORKERS, sends={"kind": "mute", "reason": "Loud.", "days": "1"}, slug="person")
say("POST sanctions.create", WORKERS, sends={"kind": "ban", "reason": "Loud.", "days": "1"}, slug="person")
say("POST sanctions.lift", WORKERS, slug="silenced")
say("POST sanctions.write_down", RECORDS, sends={"note": "A note."}, slug="person")
say("POST sanctions.strike_out", RECORDS, slug="person")
say("GET naming.edit_of", ADMINISTRATORS, slug="person")
say("POST naming.update_of", ADMINISTRATORS, sends={"name": "Another name", "current": "{password}"}, slug="person")
say("GET leaving.ask_of", ADMINISTRATORS, slug="person")
say("POST leaving.leave_of", ADMINISTRATORS, sends={"posts": "keep", "current": "{password}"}, slug="person")
say("GET removals.ask", WORKERS, slug="person")
say("POST removals.destroy", WORKERS, slug="person")
say("POST removals.restore", WORKERS, slug="spammer")

# --- groups ---

say("GET groups.show", EVERYBODY, slug="club")
say("GET groups.show", Rule(INSIDERS.who, refused="missing", members=False), slug="insiders")
say_all(("GET groups.edit", "GET groups.ask", "GET groups.export"), ADMINISTRATORS, slug="club")
say("GET groups.new", ADMINISTRATORS)
say_all(("GET groups.badges", "POST groups.wear"), MEMBERS)
NEW_GROUP = {"name": "Sailors", "visibility": "public", "colour": "#475569", "icon": "people"}
say("POST groups.create", ADMINISTRATORS, sends=NEW_GROUP)
say("POST groups.update", ADMINISTRATORS, sends={**NEW_GROUP, "name": "Club"}, slug="club")
say("POST groups.unpicture", ADMINISTRATORS, slug="club")
say("POST groups.destroy", ADMINISTRATORS, sends={"name": "Club"}, slug="club")
say("POST groups.invite", ADMINISTRATORS, sends={"who": "Somebody"}, slug="club")
say("POST groups.answer", ADMINISTRATORS, sends={"accept": "1"}, slug="club", user_id="candidate")
say("POST groups.rank", ADMINISTRATORS, sends={"rank": "owner"}, slug="club", user_id="owner")
say("POST groups.join", MEMBERS, sends={"member": "1"}, slug="club")
say(
    "POST groups.join",
    Rule(INSIDERS.who, refused="missing"),
    sends={"member": "0"},
    slug="insiders",
    but_not="administrator",
)

# --- the control panel ---

say("GET admin.dashboard.show", SETTINGS)
say("POST admin.dashboard.prove", SETTINGS)
say_all(
    (
        "GET admin.settings.index", "GET admin.settings.changes", "GET admin.navigation.index", "GET admin.navigation.new",
        "GET admin.widgets.index", "GET admin.widgets.new", "GET admin.skins.index", "GET admin.skins.new",
        "GET admin.skins.edit",
    ),
    SETTINGS,
)  # fmt: skip
say("POST admin.settings.update", SETTINGS, sends={"title": "Glue"}, feature="site")
say("POST admin.settings.reset", SETTINGS)
for part, item in (("navigation", "entry"), ("widgets", "widget")):
    say_all((f"GET admin.{part}.edit", f"GET admin.{part}.ask"), SETTINGS, item_id=item)
    say(f"POST admin.{part}.destroy", SETTINGS, item_id=item)
    say(f"POST admin.{part}.move", SETTINGS, sends={"by": "1"}, item_id=item)
    say(f"POST admin.{part}.order", SETTINGS, sends={"item": "{" + item + "}", "into": "footer"})
say("POST admin.widgets.copy", SETTINGS, item_id="widget")
ENTRY = {"icon": "star", "text": "Entry", "target": "/recent", "audience": "everyone"}
WIDGET = {"place": "sidebar", "kind": "text", "body": "Hello.", "audience": "everyone"}
say("POST admin.navigation.create", SETTINGS, sends=ENTRY)
say("POST admin.navigation.update", SETTINGS, sends=ENTRY, item_id="entry")
say("POST admin.widgets.create", SETTINGS, sends=WIDGET)
say("POST admin.widgets.update", SETTINGS, sends=WIDGET, item_id="widget")
SKIN = {"name": "Quince", "base": "zephyr", "body_font": "serif"}
say("POST admin.skins.check", SETTINGS, sends=SKIN)
say("POST admin.skins.create", SETTINGS, sends=SKIN)
say("POST admin.skins.change", SETTINGS, sends=SKIN)
say("POST admin.skins.destroy", SETTINGS)
say(
    "POST admin.skins.update",
    SETTINGS,
    sends={"default": "zephyr", "default_dark": "same", "mode": "auto", "offered": "zephyr"},
)
say_all(
    (
        "GET admin.categories.index", "GET admin.categories.new", "GET admin.groups.index", "GET admin.log.index",
        "GET admin.networks.index", "GET admin.privileges.index", "GET admin.privileges.why", "GET admin.reasons.index",
        "GET admin.reasons.new", "GET admin.reasons.edit", "GET admin.reasons.ask", "GET admin.tags.index",
        "GET admin.users.index", "GET admin.users.export",
    ),
    ADMINISTRATORS,
)  # fmt: skip
say("GET admin.privileges.find", ADMINISTRATORS, query="?who=Somebody")
say("GET admin.privileges.why", ADMINISTRATORS, query="?who=Somebody&act=read&place={category_id}")
say_all(("GET admin.categories.edit", "GET admin.categories.ask"), ADMINISTRATORS, category_id="spare")
PLACE = {"name": "Garden", "colour": "#475569", "icon": "star", "parent": ""}
say("POST admin.categories.create", ADMINISTRATORS, sends=PLACE)
say("POST admin.categories.update", ADMINISTRATORS, sends=PLACE, category_id="spare")
say("POST admin.categories.unpicture", ADMINISTRATORS, category_id="spare")
say("POST admin.categories.move", ADMINISTRATORS, sends={"by": "-1"}, category_id="spare")
say("POST admin.categories.order", ADMINISTRATORS, sends={"item": "{spare}", "into": ""})
say("POST admin.categories.merge", ADMINISTRATORS, sends={"into": "{public}"}, category_id="spare")
say("POST admin.categories.destroy", ADMINISTRATORS, category_id="spare")
say("POST admin.networks.create", ADMINISTRATORS, sends={"network": "198.51.100.0/24"})
say("POST admin.networks.destroy", ADMINISTRATORS)
say("POST admin.privileges.update", ADMINISTRATORS, sends={"place": "0", "show": "viewing"})
say("POST admin.privileges.own", ADMINISTRATORS, sends={"place": "{spare}", "own": "1"})
say("POST admin.privileges.keep_for", ADMINISTRATORS, sends={"place": "{spare}", "group": "{club}"})
say("POST admin.privileges.moderators", ADMINISTRATORS, sends={"place": "{spare}", "who": "Somebody", "moderates": "1"})
say("GET admin.privileges.ask_below", ADMINISTRATORS, category_id="spare")
say("POST admin.privileges.copy_below", ADMINISTRATORS, category_id="spare")
say("GET admin.users.new", ADMINISTRATORS)
say("GET admin.users.ask", ADMINISTRATORS, query="?act=mute&person=1")
say("POST admin.users.act", ADMINISTRATORS, sends={"act": "confirm", "person": "{somebody}"})
say("POST admin.users.create", ADMINISTRATORS, sends={"name": "Newcomer", "email": "", "password": "{password}"})
TEXT = {"kind": "any", "title": "Loud", "body": "Please be quiet."}
say("POST admin.reasons.create", ADMINISTRATORS, sends=TEXT)
say("POST admin.reasons.update", ADMINISTRATORS, sends=TEXT)
say("POST admin.reasons.destroy", ADMINISTRATORS)
say_all(
    ("GET admin.fields.index", "GET admin.fields.new", "GET admin.fields.edit", "GET admin.fields.ask"), ADMINISTRATORS
)
FIELD = {"name": "Website", "kind": "link", "visibility": "all"}
say("POST admin.fields.create", ADMINISTRATORS, sends=FIELD)
say("POST admin.fields.update", ADMINISTRATORS, sends=FIELD)
say("POST admin.fields.move", ADMINISTRATORS, sends={"by": "1"})
say("POST admin.fields.destroy", ADMINISTRATORS)
say_all(("GET admin.tags.ask", "GET admin.tags.edit"), ADMINISTRATORS, tag="tagofpublic")
say("POST admin.tags.create", ADMINISTRATORS, sends={"new": "fresh"})
say("POST admin.tags.paint", ADMINISTRATORS, sends={"colour": "#475569"}, tag="tagofpublic")
say("POST admin.tags.update", ADMINISTRATORS, sends={"name": "renamed"}, tag="tagofpublic")
say("POST admin.tags.reserve", ADMINISTRATORS, sends={"staff": "1"}, tag="tagofpublic")
say("POST admin.tags.destroy", ADMINISTRATORS, tag="tagofpublic")

say("GET admin.log.export", ADMINISTRATORS)

# --- its sections for whoever operates the site; the delegate's right opens none of them ---

say_all(
    (
        "GET admin.cache.index", "GET admin.jobs.index", "GET admin.health.index", "GET admin.jobs.show", "GET admin.mail.index",
        "GET admin.mail.folder", "GET admin.maintenance.index", "GET admin.uploads.index", "GET admin.uploads.people",
        "GET admin.uploads.ask",
    ),
    ADMINISTRATORS,
)  # fmt: skip
say_all(("GET admin.mail.example", "GET admin.mail.example_html"), ADMINISTRATORS, kind="reset")
say_all(("GET admin.mail.laid", "GET admin.mail.laid_html"), ADMINISTRATORS, name="laid")
say("POST admin.health.look", ADMINISTRATORS)
say("GET admin.jobs.ask", ADMINISTRATORS, query="?which=all")
say("POST admin.jobs.retry", ADMINISTRATORS, sends={"which": "one", "id": "{failed_id}"})
say("POST admin.jobs.discard", ADMINISTRATORS, sends={"which": "one", "id": "{failed_id}"})
say("POST admin.cache.clear", ADMINISTRATORS)
for place, kind in (("errors", "error"), ("slow", "page")):
    names = {"place": place, "incident_id": kind}
    say_all(
        (
            "GET admin.incidents.index", "GET admin.incidents.show", "GET admin.incidents.ask",
            "POST admin.incidents.see", "POST admin.incidents.empty",
        ),
        ADMINISTRATORS, **names,
    )  # fmt: skip
    say("POST admin.incidents.see_all", ADMINISTRATORS, sends={"kind": kind}, **names)
say("POST admin.mail.try_out", ADMINISTRATORS)
say("POST admin.maintenance.update", ADMINISTRATORS, sends={"on": "1", "message": "Soon.", "minutes": "15"})
say("POST admin.maintenance.update", ADMINISTRATORS, sends={"on": "0"})
say("POST admin.uploads.destroy", ADMINISTRATORS)

WITHOUT = {
    "GET bootstrap.static": "files of a package",
    "POST uploads.create": "sends a file: tests/test_uploads.py asks everybody",
    "POST pictures.update": "sends a file: tests/test_pictures.py",
    "POST groups.picture": "sends a file: tests/test_group_covers.py",
    "POST admin.categories.picture": "sends a file: tests/admin/test_category_images.py",
}
"""Routes without a line, and why."""

# --- joining ---

ACCOUNT = {"name": "Newcomer", "password": "{password}", "repeat": "{password}"}
ANY_LINK = Rule(dict.fromkeys(("", *KINDS), MEMBERS_ALL), refused="missing", members=False)
"""A link that no invitation has: who is a member is led home, and a guest finds nothing."""
say("GET invitations.index", ADMINISTRATORS)
say("POST invitations.create", ADMINISTRATORS, sends={"addresses": "new@example.org"})
say("POST invitations.withdraw", only("administrator", refused="missing"))
say("GET invitations.show", ANY_LINK)
say("POST invitations.take", NO_GUESTS_EITHER, sends=ACCOUNT)
say("GET admin.invitations.index", ADMINISTRATORS)
say("POST admin.invitations.withdraw", ADMINISTRATORS)
say("GET terms.show", NO_GUESTS_EITHER)  # there are none
say("GET terms.moved", EVERYBODY)
say("POST terms.accept", NOBODY, sends={"version": "1"})
say("GET admin.terms.edit", SETTINGS)
say("POST admin.terms.update", SETTINGS, sends={"body": "Be kind."})
say("GET first_run.new", NO_GUESTS_EITHER)
say("POST first_run.create", NO_GUESTS_EITHER)
say("POST first_run.dismiss", MEMBERS)
