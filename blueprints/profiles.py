from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import fields, profiles, signatures, users
from forum.refusals import Forbidden, Missing
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("profiles", __name__)

OWN = {
    "username": "/me/name", "email": "/me/email", "password": "/me/password", "sessions": "/me/sessions",
    "theme": "/skins",
}  # fmt: skip
"""Where a member finds what other forums have at addresses below his name."""


@blueprint.get("/user/<slug>/edit")
@login_required
def mine(slug):
    if slug != viewer().slug:
        raise Missing
    return redirect("/me/profile")


@blueprint.get("/user/<slug>/edit/<any(username, email, password):part>")
@login_required
def edit_moved(slug, part):
    if slug != viewer().slug:
        raise Missing
    return redirect(OWN[part], 308)


@blueprint.get("/user/<slug>/<any(sessions, theme):part>")
@login_required
def tab_moved(slug, part):
    return edit_moved(slug, part)


@blueprint.get("/me/profile")
@login_required
def edit():
    about, signature = profiles.own(viewer())
    shown = viewer().preferences.get("signatures", "1") == "1"
    kept = {**fields.values(viewer().id), "about": about, "signature": signature, "signatures": shown}
    return page(kept, {})


@blueprint.post("/me/profile")
@limited("30 per minute")
def update():
    form = request.form
    if "preview" in form:
        return page(typed(), {}, preview=profiles.preview(viewer(), form))
    try:
        with writing():
            errors = profiles.edit(viewer(), form, form.to_dict(flat=False))
    except Forbidden as refused:
        return page(typed(), {"about": refused.reason}), 403
    if errors:
        return page(typed(), errors), 422
    say(_("Your profile is saved."))
    return redirect(f"/user/{viewer().slug}", 303)


def typed():
    return {name: "\n".join(values) for name, values in request.form.lists()}


def page(values, errors, **more):
    person = users.own(viewer())
    return render_template(
        "profiles/edit.html",
        person=person,
        fields=fields.open_to(person),
        values=values,
        errors=errors,
        may_sign=signatures.have(viewer()),
        settings=profiles.settings,
        signatures=signatures.settings,
        **more,
    )
