from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forms.pictures import CropForm
from forum import categories, group_covers, group_editor, groups, memberships, pictures
from forum.permissions import require
from forum.refusals import Forbidden, Invalid
from web import params, spreadsheets
from web.auth import login_required, viewer
from web.flash import say
from web.htmx import render
from web.limits import limited
from web.panel import prove_for
from web.uploads import received, takes_files

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
    return form_of(None, {"visibility": "private", "colour": "#475569", "leavable": True, "requests": True})


@blueprint.post("/groups/new")
@limited("20 per minute")
def create():
    return keep(None)


@blueprint.get("/groups/<slug>")
def show(slug):
    return page(slug)


@blueprint.get("/groups/<slug>/members.csv")
@login_required
def export(slug):
    return spreadsheets.answer(memberships.table(viewer(), managed(slug)), f"members-{slug}")


@blueprint.get("/groups/<slug>/edit")
@login_required
def edit(slug, errors=None):
    group = managed(slug)
    names = ("name", "title", "description", "colour", "icon", "visibility", "leavable", "requests")
    shown = {f"place-{key}": "1" for key in group.shown_in or ()}
    return form_of(group, {**{name: getattr(group, name) for name in names}, **shown}, errors)


@blueprint.post("/groups/<slug>/edit")
@limited("20 per minute")
def update(slug):
    return keep(in_earnest(slug))


@blueprint.post("/groups/<slug>/cover")
@limited("30 per hour")
@takes_files
def picture(slug):
    group, form = managed(slug), params.well_formed(CropForm())
    try:
        ready = group_covers.prepare(viewer(), group, *received("file"), form.crop())
        with writing():
            group_covers.put(viewer(), group, ready)
    except Invalid as invalid:
        return edit(slug, {"cover": invalid.reason}), 422
    say(_("The group has its cover."))
    return redirect(f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/cover/remove")
@limited("30 per hour")
def unpicture(slug):
    group = managed(slug)
    with writing():
        group_covers.remove(viewer(), group)
    say(_("The cover is gone."))
    return redirect(f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/membership")
@limited("20 per minute")
def join(slug):
    group, _standing = memberships.get(viewer(), slug)
    wanted = params.switched("member")
    prove_for([group.id])
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
    group = in_earnest(slug)
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
    group = in_earnest(slug)
    with writing():
        memberships.answer(viewer(), group, params.identity(user_id), accept=params.switched("accept"))
    return redirect(f"/groups/{slug}", 303)


@blueprint.post("/groups/<slug>/members/<int:user_id>")
@limited("120 per minute")
def rank(slug, user_id):
    group = in_earnest(slug)
    with writing():
        memberships.set_rank(viewer(), group, params.identity(user_id), request.form.get("rank", ""))
    return redirect(f"/groups/{slug}", 303)


@blueprint.get("/groups/<slug>/destroy")
@login_required
def ask(slug):
    return render_template("groups/destroy.html", group=managed(slug), errors={}, typed="")


@blueprint.post("/groups/<slug>/destroy")
@limited("20 per minute")
def destroy(slug):
    group, typed = in_earnest(slug), request.form.get("name", "")
    try:
        with writing():
            group_editor.destroy(viewer(), group, typed)
    except Invalid as invalid:
        errors = {invalid.field: invalid.reason}
        return render_template("groups/destroy.html", group=group, errors=errors, typed=typed), 422
    say(_("The group %(name)s is gone.", name=group.name))
    return redirect("/groups", 303)


def managed(slug):
    group, standing = memberships.get(viewer(), slug)
    if not standing.manages:
        raise Forbidden(_("Only the owners of the group and administrators who hold its rights may do this."))
    return group


def in_earnest(slug):
    group = managed(slug)
    prove_for([group.id])
    return group


def page(slug, errors=None):
    group, standing = memberships.get(viewer(), slug)
    search = params.text("q", 60)
    return render(
        "groups/show.html",
        "users/_rows.html",
        group=group,
        standing=standing,
        page=memberships.members(group, params.cursor(), search),
        search=search,
        owners=memberships.owners(group),
        may_ask=memberships.ask_to_join(group),
        waiting=memberships.waiting(group) if standing.manages else [],
        latest=memberships.latest(viewer(), group, categories.visible_ids(viewer())),
        number=ngettext("%(num)s member", "%(num)s members", group.members),
        errors=errors or {},
        address=f"/groups/{group.slug}",
        query={"q": search},
    )


@blueprint.get("/me/badges")
@login_required
def badges():
    found, worn = groups.own_badges(viewer().id)
    return render_template("groups/badges.html", found=found, worn=worn)


@blueprint.post("/me/badges")
@limited("60 per minute")
def wear():
    places = {key: request.form.get(f"place-{key}", "") for key in params.numbers("worn")}
    order = sorted(
        places, key=lambda key: (int(places[key]) if places[key].isascii() and places[key].isdecimal() else 99, key)
    )
    with writing():
        groups.choose_badges(viewer().id, order)
    say(_("Saved. Your name wears them from now on."))
    return redirect("/me/badges", 303)


def keep(group):
    try:
        with writing():
            kept = group_editor.keep(viewer(), group, request.form)
    except Invalid as invalid:
        return form_of(group, request.form, {invalid.field: invalid.reason}), 422
    return redirect(f"/groups/{kept.slug}", 303)


def form_of(group, values, errors=None):
    shown = {"group": group, "values": values, "errors": errors or {}, "places": group_editor.places(viewer())}
    return render_template("groups/edit.html", **shown, largest=pictures.largest)
