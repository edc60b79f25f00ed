from flask import Blueprint, request

from core.db import writing
from core.i18n import ngettext
from forum import bulk, categories
from forum.permissions import moderate, require
from web import flash, htmx, params
from web.auth import viewer
from web.limits import limited

blueprint = Blueprint("bulk", __name__)


def selected():
    words = [word for value in request.form.getlist("topic")[:1000] for word in value.split(",")]
    return [int(word) for word in words if word.isdecimal() and word.isascii() and len(word) < 19]


@blueprint.post("/category/<int:category_id>/topics/act")
@limited("30 per minute")
def update(category_id):
    place = categories.get(viewer(), params.identity(category_id))
    require(moderate(viewer(), category_id))
    act = request.form.get("act", "")
    to = params.chosen("to") if act == "move" and request.form.get("to") else None
    with writing():
        outcome = bulk.apply(viewer(), category_id, selected(), act, to=to)
    if outcome.refused:
        words = ngettext("%(num)s topic was left as it is: %(why)s", "%(num)s topics were left as they are: %(why)s",
                         outcome.refused, why=outcome.reason)  # fmt: skip
        flash.say(words)
    return htmx.go(place.path, offer=offer(category_id, act, to, outcome.changed), event="livery:managed")


def offer(category_id, act, to, changed):
    if not changed:
        return None
    fields = {"topic": ",".join(map(str, changed)), "act": bulk.INVERSE.get(act, act)}
    if act == "move":
        fields["to"] = str(category_id)
    words = ngettext("%(num)s topic was changed.", "%(num)s topics were changed.", len(changed))
    return flash.Offer(words, f"/category/{to or category_id}/topics/act", fields)
