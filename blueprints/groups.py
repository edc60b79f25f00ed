from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import categories, memberships
from forum.permissions import require
from forum.refusals import Forbidden, Invalid
from web import params
from web.auth import login_required, viewer
from web.flash import say
from web.htmx import render
from web.limits import limited

blueprint = Blueprint("groups", __name__)


@blueprint.get("/groups")
def index():
    sort, search = params.choice("sort", memberships.SORTS, "name"), params.text("q", 60)
    found = memberships.index(viewer(), sort=sort, search=search)
    shown = {"groups": found, "sort": sort, "sorts": memberships.SORTS, "search": search}
    return render_template("groups/index.html", **shown, may_create=memberships.create_groups(viewer()))


@blueprint.get("/groups/new")
@login_required
def new():
    require(memberships.create_groups(viewer()))
    return form_of(None, {"visibility": "private", "colour": "#475569", "leavable": True})


@blueprint.post("/groups/new")
@limited("20 per minute")
def create():
    return keep(None)


@blueprint.get("/groups/<slug>")
def show(slug):
    return page(slug)


@blueprint.get("/groups/<slug>/edit")
@login_required
def edit(slug):
    group = managed(slug)
    names = ("name", "title", "description", "colour", "icon", "visibility", "leavable")
    return form_of(group, {name: getattr(group, name) for name in names})


@blueprint.post("/groups/<slug>/edit")
@limited("20 per minute")
def update(slug):
    return keep(managed(slug))


@blueprint.post("/groups/<slug>/membership")
@limited("20 per minute")
def join(slug):
    group, _standing = memberships.get(viewer(), slug)
    wanted = params.switched("member")
    with writing():
        inside = memberships.join(viewer(), group) if wanted else memberships.leave(viewer(), group)
    if wanted:
        say(_("You are a member now.") if inside else _("Your request waits for an owner of the group."))
    else:
        say(_("You are not a member of %(name)s.", name=group.name))
    return redirect("/groups" if group.visibility == "hidden" and not wanted else f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/invitations")
@limited("60 per minute")
def invite(slug):
    group = managed(slug)
    try:
        with writing():
            user = memberships.invite(viewer(), group, request.form.get("who", ""))
    except Invalid as invalid:
        return page(slug, {invalid.field: invalid.reason}), 422
    say(_("%(name)s has an invitation, or is in if that was asked for.", name=user.name))
    return redirect(f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/candidates/<int:user_id>")
@limited("120 per minute")
def answer(slug, user_id):
    group = managed(slug)
    with writing():
        memberships.answer(viewer(), group, params.identity(user_id), accept=params.switched("accept"))
    return redirect(f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/members/<int:user_id>")
@limited("120 per minute")
def rank(slug, user_id):
    group = managed(slug)
    with writing():
        memberships.set_rank(viewer(), group, params.identity(user_id), request.form.get("rank", ""))
    return redirect(f"/groups/{slug}", 303)


@blueprint.get("/groups/<slug>/destroy")
@login_required
def ask(slug):
    return render_template("groups/destroy.html", group=managed(slug))


@blueprint.post("/groups/<slug>/destroy")
@limited("20 per minute")
def destroy(slug):
    group = managed(slug)
    with writing():
        memberships.destroy(viewer(), group)
    say(_("The group %(name)s is gone.", name=group.name))
    return redirect("/groups", 303)


def managed(slug):
    group, standing = memberships.get(viewer(), slug)
    if not standing.manages:
        raise Forbidden(_("Only the owners of the group and administrators who hold its rights may do this."))
    return group


def page(slug, errors=None):
    group, standing = memberships.get(viewer(), slug)
    return render(
        "groups/show.html",
        "users/_rows.html",
        group=group,
        standing=standing,
        page=memberships.members(group, params.cursor()),
        owners=memberships.owners(group),
        waiting=memberships.waiting(group) if standing.manages else [],
        latest=memberships.latest(viewer(), group, categories.visible_ids(viewer())),
        number=ngettext("%(num)s member", "%(num)s members", group.members),
        errors=errors or {},
        address=f"/groups/{group.slug}",
        query={},
    )


def keep(group):
    try:
        with writing():
            kept = memberships.keep(viewer(), group, request.form)
    except Invalid as invalid:
        return form_of(group, request.form, {invalid.field: invalid.reason}), 422
    return redirect(f"/groups/{kept.slug}", 303)


def form_of(group, values, errors=None):
    return render_template("groups/edit.html", group=group, values=values, errors=errors or {})
