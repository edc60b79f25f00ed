"""The tree of categories as an administrator shapes it: edited, ordered, moved, merged, purged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update

from core import cache, colour, durable, jobs
from core.db import session, writing
from core.i18n import gettext as _
from forum import audit, categories, deletions, groups, panel, tag_rules, tags, uploads
from forum.refusals import Conflict, Invalid, Missing
from forum.slugs import slugify
from forum.viewers import Viewer
from models import Category, CategoryTag, Queued, Topic

RIGHT = "admin:categories"
COPIED = (
    "description", "icon", "colour", "template", "tags_allowed", "tags_least", "tags_most", "section", "disabled",
    "queued",
)  # fmt: skip
"""What one category takes over that is to be like another: no name, place, link, image or rights."""
PURGED_AT_ONCE = 200
"""Topics that go with a category at once; of one with more, these, and a job takes the others."""
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Branch:
    """A category in the whole tree, disabled ones too, with how deep it stands and whether it is first or last there."""

    row: Category
    depth: int
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Losses:
    """What would go with a category: its topics (deleted ones too), their posts, and the categories below it."""

    topics: int
    posts: int
    children: int


def branches(viewer: Viewer) -> list[Branch]:
    """The whole tree, in order, every category before those below it. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return _walked()


def names() -> list[tuple[int, str, bool]]:
    """Every category of the tree, in order: its number, its name (indented), and whether it has rights of its own."""
    return [(each.row.id, "– " * each.depth + each.row.name, each.row.own_rights) for each in _walked()]


def below(category_id: int) -> list[Category]:
    """The categories that stand below one, at any depth, in order."""
    found = _walked()
    inside = _below([branch.row for branch in found], category_id) - {category_id}
    return [branch.row for branch in found if branch.row.id in inside]


def find(category_id: int) -> Category | None:
    """A category, disabled or not, whoever looks."""
    return session().get(Category, category_id, populate_existing=True)


def get(viewer: Viewer, category_id: int) -> Category:
    """A category, disabled or not. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    row = find(category_id)
    if row is None:
        raise Missing
    return row


def parents_for(viewer: Viewer, category_id: int | None) -> list[Branch]:
    """Under which categories one may stand: all but itself and what is below it. Raises Forbidden."""
    found = branches(viewer)
    if category_id is None:
        return found
    barred = _below([branch.row for branch in found], category_id)
    return [branch for branch in found if branch.row.id not in barred]


def keep(viewer: Viewer, category_id: int | None, form: Mapping[str, str]) -> Category:
    """Makes or changes a category. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    name = " ".join(form.get("name", "").split())
    if not name or len(name) > 100 or "\x00" in name:
        raise Invalid("name", _("A category needs a name of at most 100 letters."))
    description, link = form.get("description", "").strip(), form.get("link", "").strip()
    if len(description) > 500 or "\x00" in description:
        raise Invalid("description", _("At most %(most)s letters, please.", most=500))
    if link and not (link.startswith(("https://", "http://")) and len(link) <= 500 and "\\" not in link):
        raise Invalid("link", _("Write an address that begins with https://."))
    try:
        tint = colour.parse(form.get("colour", "").strip())
    except colour.BadColourError:
        raise Invalid("colour", _("Write a colour like #1a2b3c.")) from None
    parent, writing = _parent(form.get("parent", ""), category_id), _for_writing(form)
    row = get(viewer, category_id) if category_id else categories.create(name, parent_id=parent)
    if row.parent_id != parent:
        row.parent_id, row.position = parent, _end_of(parent)
    row.name, row.slug, row.description, row.link, row.colour = name, slugify(name, "category"), description, link, tint
    row.icon = form.get("icon", row.icon)[:40]
    for key, value in writing.items():
        setattr(row, key, value)
    row.section, row.disabled = form.get("section") == "1", form.get("disabled") == "1"
    row.queued = form.get("queued") == "1"
    session().flush()
    audit.note(viewer, "category.kept", category_id=row.id, name=name)
    return _changed(row)


def move(viewer: Viewer, category_id: int, by: int) -> str:
    """Moves a category one place up (-1) or down (1) among its siblings; says where it stands then.

    Raises Forbidden, Missing.
    """
    row = get(viewer, category_id)
    siblings = [each for each in _rows() if each.parent_id == row.parent_id]
    at = siblings.index(row)
    siblings.remove(row)
    return _put(viewer, row, siblings, min(max(at + by, 0), len(siblings)))


def place(viewer: Viewer, category_id: int, parent: str, before: int | None) -> str:
    """Puts a category below another (or, empty, at the top), before one of those there or behind all; says where it stands.

    Raises Forbidden, Missing, and Invalid for one that would stand below itself.
    """
    row = get(viewer, category_id)
    row.parent_id = _parent(parent, category_id)
    siblings = [each for each in _rows() if each.parent_id == row.parent_id and each.id != category_id]
    found = [at for at, each in enumerate(siblings) if each.id == before]
    return _put(viewer, row, siblings, found[0] if found else len(siblings))


def losses(viewer: Viewer, category_id: int) -> Losses:
    """What would go if a category were purged, counted. Raises Forbidden, Missing."""
    get(viewer, category_id)
    current, here = session(), Topic.category_id == category_id
    counted = current.execute(select(func.count(), func.coalesce(func.sum(Topic.posts), 0)).where(here)).one()
    children = current.scalar(select(func.count()).where(Category.parent_id == category_id))
    return Losses(counted[0], counted[1], children or 0)


def merge(viewer: Viewer, category_id: int, into_id: int) -> None:
    """Moves all topics of a category, and what is below it, into another; then it is gone.

    Raises Forbidden, Missing, and Invalid for a target that is the category itself or stands below it.
    """
    gone, target = get(viewer, category_id), get(viewer, into_id)
    if into_id in _below(_rows(), category_id):
        raise Invalid("into", _("A category cannot become a part of itself."))
    if target.link:
        raise Invalid("into", _("That is a link to another site, so it can hold no topics."))
    current = session()
    current.execute(_ADD_TAGS, {"gone": category_id, "target": into_id})
    for column in (Topic.category_id, Topic.moved_from_id):
        current.execute(
            update(Topic)
            .where(column == category_id)
            .values({column: into_id})
            .execution_options(synchronize_session=False)
        )
    current.execute(update(Queued).where(Queued.category_id == category_id).values(category_id=into_id))
    for child in _rows():
        if child.parent_id == category_id:
            child.parent_id, child.position = into_id, _end_of(into_id)
            current.flush()
    groups.place_moved(category_id, into_id)
    categories.count(into_id, topics=gone.topics, posts=gone.posts)
    audit.note(viewer, "category.merged", category_id=into_id, name=gone.name, detail=f"→ {target.name}")
    _remove(gone)


def purge(viewer: Viewer, category_id: int) -> bool:
    """Removes a category for good, with its topics; whether it is gone. Raises Forbidden, Missing, Conflict.

    One with more topics than go at once is disabled, and a job goes on to the end; enabling it again stops that.
    """
    row, lost = get(viewer, category_id), losses(viewer, category_id)
    if lost.children:
        raise Conflict(_("Other categories stand below it: move or remove those first."))
    first = select(Topic.id).where(Topic.category_id == category_id).order_by(Topic.id).limit(PURGED_AT_ONCE)
    for topic_id in session().scalars(first).all():
        deletions.delete_topic(viewer, topic_id)
        deletions.purge_topic(viewer, topic_id)
    if lost.topics <= PURGED_AT_ONCE:
        _end(viewer, row)
        return True
    row.disabled = True
    _changed(row)
    durable.promise(purge_on, viewer.id, category_id)
    return False


@jobs.job
def purge_on(doer_id: int, category_id: int) -> bool:
    """Removes a few topics of a category that is being purged, and at last the category; whether there is more."""
    doer = Viewer(id=doer_id)
    with writing() as current:
        row = current.get(Category, category_id, with_for_update=True, populate_existing=True)
        below = select(Category.id).where(Category.parent_id == category_id).limit(1)
        if row is None or not row.disabled or current.scalar(below):
            return False
        some = select(Topic.id).where(Topic.category_id == category_id).order_by(Topic.id).limit(_BATCH)
        found = current.scalars(some).all()
        for topic_id in found:
            deletions.purge_with_category(doer, topic_id)
        if not found:
            _end(doer, row)
        return bool(found)


def _end(doer: Viewer, row: Category) -> None:
    """Removes a category in which no topic stands any more."""
    moved_here = update(Topic).where(Topic.moved_from_id == row.id).values(moved_from_id=None, moved_at=None)
    session().execute(moved_here.execution_options(synchronize_session=False))
    audit.note(doer, "category.purged", name=row.name)
    _remove(row)


def _put(viewer: Viewer, row: Category, siblings: list[Category], at: int) -> str:
    siblings.insert(at, row)
    for position, each in enumerate(siblings):
        each.position = position
    audit.note(viewer, "category.moved", category_id=row.id, name=row.name)
    _changed(row)
    where = {"name": row.name, "at": at + 1, "all": len(siblings)}
    if row.parent_id is None:
        return _("“%(name)s” stands at %(at)s of %(all)s now.", **where)
    above = session().get_one(Category, row.parent_id).name
    return _("“%(name)s” stands at %(at)s of %(all)s below “%(above)s” now.", **where, above=above)


_ADD_TAGS = text(
    "INSERT INTO category_tags (category_id, tag_id, topics)"
    " SELECT CAST(:target AS BIGINT), tag_id, topics FROM category_tags WHERE category_id = :gone ORDER BY tag_id"
    " ON CONFLICT (category_id, tag_id) DO UPDATE SET topics = category_tags.topics + excluded.topics"
)


def _walked() -> list[Branch]:
    below: dict[int | None, list[Category]] = {}
    for row in _rows():
        below.setdefault(row.parent_id, []).append(row)
    found: list[Branch] = []

    def walk(parent: int | None, depth: int) -> None:
        siblings = below.get(parent, [])
        for at, row in enumerate(siblings):
            found.append(Branch(row, depth, at == 0, at == len(siblings) - 1))
            walk(row.id, depth + 1)

    walk(None, 0)
    return found


def _rows() -> Sequence[Category]:
    return session().scalars(select(Category).order_by(Category.position, Category.id)).all()


def _below(rows: Sequence[Category], category_id: int) -> set[int]:
    """A category and all that stand below it."""
    found, size = {category_id}, 0
    while size != len(found):
        size = len(found)
        found |= {row.id for row in rows if row.parent_id in found}
    return found


def _parent(given: str, category_id: int | None) -> int | None:
    if not given:
        return None
    rows = _rows()
    if not (given.isascii() and given.isdecimal()) or int(given) not in {row.id for row in rows}:
        raise Invalid("parent", _("There is no such category."))
    if category_id is not None and int(given) in _below(rows, category_id):
        raise Invalid("parent", _("A category cannot stand below itself."))
    return int(given)


def _for_writing(form: Mapping[str, str]) -> dict[str, object]:
    """What a new topic begins with, and its tags."""
    template = form.get("template", "").replace("\r\n", "\n").strip()
    if len(template) > 5000 or "\x00" in template:
        raise Invalid("template", _("At most %(most)s letters, please.", most=5000))
    try:
        allowed = tags.clean(form.get("tags_allowed", ""))
    except Invalid as invalid:
        raise Invalid("tags_allowed", invalid.reason) from None
    least, most = _number(form, "tags_least") or 0, _number(form, "tags_most")
    if most is not None and least > most:
        raise Invalid("tags_least", _("This is more than the most."))
    if allowed and least > len(allowed):
        raise Invalid("tags_least", _("These are more tags than the category takes."))
    return {"template": template, "tags_allowed": allowed, "tags_least": least, "tags_most": most}


def _number(form: Mapping[str, str], name: str) -> int | None:
    given = form.get(name, "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdecimal()) or int(given[:4]) > tag_rules.MOST:
        raise Invalid(name, _("A number from 0 to %(most)s, please.", most=tag_rules.MOST))
    return int(given)


def _end_of(parent_id: int | None) -> int:
    siblings = Category.parent_id.is_(None) if parent_id is None else Category.parent_id == parent_id
    return (session().scalar(select(func.max(Category.position)).where(siblings)) or 0) + 1


def _remove(row: Category) -> None:
    uploads.drop_key(row.image)
    session().execute(delete(CategoryTag).where(CategoryTag.category_id == row.id))
    session().flush()
    session().delete(row)
    session().flush()
    cache.bump("categories")
    cache.bump("grants")


def _changed(row: Category) -> Category:
    session().flush()
    cache.bump("categories")
    return row
