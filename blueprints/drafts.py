from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forms.drafts import DraftForm
from forum import drafts
from forum.refusals import Missing
from web import flash, htmx, params, security
from web.auth import login_required, viewer
from web.limits import limited

blueprint = Blueprint("drafts", __name__)


@blueprint.get("/drafts")
@login_required
def menu():
    if not htmx.partial():
        return redirect(f"/user/{viewer().slug}/drafts")
    return htmx.render("drafts/index.html", "drafts/_menu.html", rows=drafts.listed(viewer()))


@blueprint.get("/user/<slug>/drafts")
@login_required
def index(slug):
    if slug != viewer().slug:
        raise Missing
    return htmx.render("drafts/index.html", "drafts/_list.html", rows=drafts.listed(viewer()))


@blueprint.post("/drafts")
@limited("120 per minute")
def save():
    form = params.well_formed(DraftForm())
    tab = {"tab": form.tab.data, "turn": form.turn.data or 0, "version": form.version.data or 0}
    with writing():
        saved = drafts.save(viewer(), form.sheet(), **tab)
    if form.tab.data:
        return render_template("drafts/_state.html", saved=saved, fresh_key=security.send_key())
    return kept(saved)


def kept(saved):
    flash.say(_("Your draft is saved.") if saved.id else _("There is nothing to save."))
    return redirect(drafts.href(drafts.get(viewer(), saved.id)) if saved.id else "/drafts", 303)


@blueprint.post("/drafts/<int:draft_id>/discard")
@limited("60 per minute")
def discard(draft_id):
    with writing():
        drafts.discard(viewer(), params.identity(draft_id))
    return redirect("/drafts", 303)


@blueprint.post("/drafts/discard")
@limited("60 per minute")
def discard_written():
    form = params.well_formed(DraftForm())
    with writing():
        drafts.discard_written(viewer(), form.send_key.data)
    back = params.way_back(request.form.get("next"))
    return htmx.announce(htmx.done("drafts/discard_written.parts.html", otherwise=back), "livery:discarded", path=back)


@blueprint.post("/drafts/discard-all")
@limited("20 per minute")
def discard_all():
    with writing():
        drafts.discard_all(viewer())
    return redirect("/drafts", 303)
