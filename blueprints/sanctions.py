from datetime import timedelta

from flask import Blueprint, redirect, render_template, request

from core import clock
from core.db import writing
from core.i18n import gettext as _
from core.i18n import mark
from forum import flags, invitations, leaving, naming, reasons, registration, removals, sanctions, users
from forum.permissions import require
from forum.refusals import Invalid
from web import params
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited
from web.panel import prove_over

blueprint = Blueprint("sanctions", __name__)

ENDS = {**sanctions.LENGTHS, "": mark("until the day written below")}
DONE = {"warn": mark("The warning is sent."), "mute": mark("Muted. The person is told why."),
        "ban": mark("Banned. All sessions have ended.")}  # fmt: skip


@blueprint.get("/user/<slug>/record")
@login_required
def show(slug):
    person = users.get(viewer(), slug)
    if person.slug != slug:
        return redirect(f"/user/{person.slug}/record", 308)
    return page(person)


@blueprint.get("/user/<slug>/info")
@login_required
def moved(slug):
    return redirect(f"/user/{users.get(viewer(), slug).slug}/record", 308)


def page(person, values=None, errors=None):
    require(sanctions.see_record(viewer(), person.id))
    staff = sanctions.works_with_people(viewer())
    return render_template(
        "sanctions/show.html",
        person=person,
        invited_by=invitations.inviter_of(viewer(), person.id),
        entries=sanctions.record(viewer(), person.id),
        notes=sanctions.notes(viewer(), person.id),
        may={kind: sanctions.impose(viewer(), person.id, kind) for kind in sanctions.KINDS},
        texts=sanctions.texts(viewer()),
        ends=ENDS,
        staff=staff,
        known=known_of(person) if staff else {},
        names=naming.history(viewer(), person.id),
        may_rename=naming.rename_person(viewer(), person.id),
        may_delete=leaving.delete_account(viewer(), person.id),
        may_remove=removals.remove_person(viewer(), person.id),
        kept_until=removals.standing(person.id),
        values=values or {},
        errors=errors or {},
    )


def known_of(person):
    cases = flags.about_person(viewer(), person.id)
    return {"cases": cases, "states": flags.STATES, "network": registration.network_of(viewer(), person.id)}


@blueprint.post("/user/<slug>/sanctions")
@limited("60 per minute")
def create(slug):
    person, kind = users.get(viewer(), slug), params.among("kind", sanctions.KINDS)
    prove_over(person.id)
    try:
        until, text_id = end_of(), params.chosen("text") if request.form.get("text") else None
        with writing():
            words = reasons.words(text_id, request.form.get("reason", ""))
            sanctions.put(viewer(), person.id, kind, words, until)
    except Invalid as invalid:
        return page(person, request.form, {invalid.field: invalid.reason}), 422
    say(_(DONE[kind]))
    return redirect(f"/user/{person.slug}/record", 303)


def end_of():
    days = params.among("days", ENDS)
    if days:
        return clock.now() + timedelta(days=int(days)) if days != "0" else None
    found = params.written_moment(request.form.get("until"), "until")
    if found is None:
        raise Invalid("until", _("Choose an end, or how long it is to last."))
    return found


@blueprint.post("/user/<slug>/sanctions/<int:sanction_id>/lift")
@limited("60 per minute")
def lift(slug, sanction_id):
    person = users.get(viewer(), slug)
    prove_over(person.id)
    with writing():
        sanctions.lift(viewer(), person.id, params.identity(sanction_id), request.form.get("reason", ""))
    say(_("Lifted."))
    return redirect(f"/user/{person.slug}/record", 303)


@blueprint.post("/user/<slug>/notes")
@limited("60 per minute")
def write_down(slug):
    person = users.get(viewer(), slug)
    try:
        with writing():
            sanctions.write_down(viewer(), person.id, request.form.get("note", ""))
    except Invalid as invalid:
        return page(person, request.form, {invalid.field: invalid.reason}), 422
    return redirect(f"/user/{person.slug}/record#notes", 303)


@blueprint.post("/user/<slug>/notes/<int:note_id>/destroy")
@limited("60 per minute")
def strike_out(slug, note_id):
    person = users.get(viewer(), slug)
    with writing():
        sanctions.strike_out(viewer(), person.id, params.identity(note_id))
    say(_("The note is gone."))
    return redirect(f"/user/{person.slug}/record#notes", 303)
