import csv
import io

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import census, memberships, registry, sanctions
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("users", __name__, url_prefix="/users")


@blueprint.get("")
def index():
    page = census.index(viewer(), wanted(), params.cursor())
    ticked = request.args.get("ticked") == "1"
    choices = {"filters": census.FILTERS, "sorts": census.SORTS, "columns": census.COLUMNS, "acts": registry.ACTS}
    groups = memberships.all_of_the_site(viewer())
    return render_template(
        "admin/users/index.html", page=page, wanted=wanted(), groups=groups, ticked=ticked, **choices
    )


@blueprint.get("/export.csv")
def export():
    rows = census.everybody(viewer(), wanted(), request.args.getlist("column"))
    first = next(rows)
    lines = (line(row) for row in rows)
    answer = Response(stream_with_context(chained(line(first), lines)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return answer


@blueprint.get("/act")
def ask():
    act, ids = params.choice("act", registry.ACTS, "confirm"), params.several("person", registry.MOST)
    if not ids:
        say(_("Select somebody first."))
        return redirect(back(request.args.get("back")), 303)
    return question(act, ids, {}, back(request.args.get("back")))


@blueprint.post("/act")
@limited("30 per minute")
def act():
    chosen, ids = params.among("act", registry.ACTS), params.numbers("person", registry.MOST)
    way = back(request.form.get("back"))
    try:
        with writing():
            outcome = registry.apply(viewer(), ids, chosen, request.form)
    except Invalid as invalid:
        return question(chosen, ids, request.form, way, {invalid.field: invalid.reason}), 422
    say(told(outcome))
    return redirect(way, 303)


@blueprint.get("/new")
def new():
    return render_template("admin/users/new.html", values={}, errors={})


@blueprint.post("/new")
@limited("30 per minute")
def create():
    fields = [request.form.get(name, "") for name in ("name", "email", "password")]
    try:
        with writing():
            made = registry.create(viewer(), *fields)
    except Invalid as invalid:
        return render_template("admin/users/new.html", values=request.form, errors={invalid.field: invalid.reason}), 422
    say(_("%(name)s has an account now.", name=made.name))
    return redirect("/admin/users", 303)


def wanted():
    return census.Wanted(
        params.choice("show", census.FILTERS, "all"),
        params.text("q", 60),
        params.number("group"),
        params.choice("sort", census.SORTS, "newest"),
    )


def question(act, ids, values, way, errors=None):
    return render_template(
        "admin/users/act.html",
        act=act,
        what=registry.ACTS[act],
        people=census.chosen(viewer(), ids),
        lifts=act in registry.LIFTS,
        ended=registry.ended(viewer(), act, ids),
        groups=memberships.managed(viewer()),
        texts=sanctions.texts(viewer()),
        lengths=[(key, _(words)) for key, words in sanctions.LENGTHS.items()],
        values=values,
        errors=errors or {},
        back=way,
    )


def told(outcome):
    words = [ngettext("Done for %(num)s person.", "Done for %(num)s people.", outcome.changed)]
    if outcome.refused:
        words.append(
            ngettext(
                "%(num)s person was left as is: %(why)s",
                "%(num)s people were left as they are: %(why)s",
                outcome.refused,
                why=outcome.reason,
            )
        )
    return " ".join(words)


def back(address):
    way = params.way_back(address, "/admin/users")
    return way if way.partition("?")[0] == "/admin/users" else "/admin/users"


def chained(first, rest):
    yield first
    yield from rest


def line(row):
    written = io.StringIO()
    csv.writer(written).writerow(row)
    return written.getvalue()
