from flask import Blueprint, make_response, redirect, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import mark
from forum import accounts
from web import htmx, params
from web.auth import public, viewer
from web.limits import limited

blueprint = Blueprint("layout", __name__)

KEYS = (
    ("j", mark("The next post, topic or person")),
    ("k", mark("The one before")),
    ("o", mark("Open it")),
    ("r", mark("Reply to it, or to the topic")),
    ("q", mark("Quote it")),
    ("e", mark("Edit it")),
    ("u", mark("Up: from a topic to its category")),
    ("/", mark("Search")),
    ("g h", mark("Go home")),
    ("g r", mark("Go to the recent topics")),
    ("g u", mark("Go to what is unread")),
    ("g c", mark("Go to the categories")),
    ("g t", mark("Go to the tags")),
    ("g p", mark("Go to what is popular")),
    ("g n", mark("Go to your notifications")),
    ("g d", mark("Go to your drafts")),
    ("?", mark("Show these keys")),
)


@blueprint.get("/keys")
def keys():
    return htmx.render("layout/keys.html", "layout/_keys.html", keys=[(sign, _(words)) for sign, words in KEYS])


@blueprint.post("/sidebar")
@public
@limited("120 per minute")
def update():
    state = "open" if request.form.get("open") == "1" else "closed"
    if not viewer().guest:
        with writing():
            accounts.prefer(viewer(), sidebar=state)
    viewer().preferences["sidebar"] = state
    back = params.way_back(request.form.get("next"))
    made = htmx.done("layout/update.parts.html", otherwise=back) if htmx.asked() else make_response(redirect(back, 303))
    made.set_cookie("sidebar", state, max_age=365 * 86400, samesite="Lax", httponly=True)
    return made
