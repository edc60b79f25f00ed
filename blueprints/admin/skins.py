from flask import Blueprint, redirect, render_template, request

from core import settings as store
from core.db import writing
from core.i18n import gettext as _
from forum import custom_skins, skins
from forum.permissions import require
from forum.refusals import Invalid
from web import htmx, looks, params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("skins", __name__, url_prefix="/skins")


@blueprint.get("")
def index():
    return render_template("admin/skins/index.html", own=custom_skins.index(viewer()), errors={})


@blueprint.post("")
@limited("60 per minute")
def update():
    require(custom_skins.manage(viewer()))
    offered = set(request.form.getlist("offered"))
    withdrawn = [name for name in skins.every() if name not in offered and name != skins.NONE]
    values = {name: request.form.get(name, "") for name in ("default", "default_dark", "mode")}
    values |= {"withdrawn": ",".join(withdrawn), "choosable": "yes" if "choosable" in request.form else "no"}
    try:
        with writing():
            for name, value in values.items():
                store.put(f"skins.{name}", value, viewer().id)
    except store.SettingError as error:
        own = custom_skins.index(viewer())
        return render_template("admin/skins/index.html", own=own, errors={"settings": str(error)}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect("/admin/skins", 303)


@blueprint.get("/new")
def new():
    return render_template("admin/skins/edit.html", **form_of(None, {"base": "noskin"}))


@blueprint.get("/<int:skin_id>")
def edit(skin_id):
    skin = custom_skins.get(viewer(), params.identity(skin_id))
    values = {"name": skin.name, "base": skin.base, "body_font": skin.body_font, "heading_font": skin.heading_font}
    values |= {f"{mode}-{part}": value for mode, chosen in skin.colours.items() for part, value in chosen.items()}
    return render_template("admin/skins/edit.html", **form_of(skin, values))


@blueprint.post("/check")
@limited("240 per minute")
def check():
    require(custom_skins.manage(viewer()))
    return htmx.render("admin/skins/check.html", "admin/skins/_check.html", **form_of(None, request.form))


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:skin_id>")
@limited("60 per minute")
def change(skin_id):
    return keep(custom_skins.get(viewer(), params.identity(skin_id)))


@blueprint.post("/<int:skin_id>/destroy")
@limited("60 per minute")
def destroy(skin_id):
    skin = custom_skins.get(viewer(), params.identity(skin_id))
    with writing():
        custom_skins.destroy(viewer(), skin)
    say(_("%(name)s is gone. Who wore it wears the default now.", name=skin.name))
    return redirect("/admin/skins", 303)


def keep(skin):
    form = request.form
    if "check" in form:
        return render_template("admin/skins/edit.html", **form_of(skin, form))
    base = form.get("base", "")
    try:
        wanted = custom_skins.read_colours(form, base)
        with writing():
            kept = custom_skins.save(
                viewer(), skin, name=form.get("name", ""), base=base, colours=wanted, grounds=looks.grounds(base),
                body_font=form.get("body_font", ""), heading_font=form.get("heading_font", ""),
            )  # fmt: skip
    except Invalid as invalid:
        return render_template("admin/skins/edit.html", **form_of(skin, form, {invalid.field: invalid.reason})), 422
    moved = any(kept.colours[mode][part] != value for mode, chosen in wanted.items() for part, value in chosen.items())
    say(_("Saved, with some colours moved so that everything can be read.") if moved else _("Saved."))
    return redirect(f"/admin/skins/{kept.id}", 303)


def form_of(skin, values, errors=None):
    errors, base = dict(errors or {}), values.get("base", "")
    try:
        colours = custom_skins.read_colours(values, base)
    except Invalid as invalid:
        colours, errors[invalid.field] = {}, invalid.reason
    known = base in skins.BUILT
    return {
        "skin": skin,
        "values": values,
        "errors": errors,
        "bases": skins.BUILT,
        "parts": custom_skins.PARTS,
        "fonts": custom_skins.FONTS,
        "modes": custom_skins.modes_of(base),
        "grounds": looks.grounds(base) if known else {},
        "findings": custom_skins.findings(colours, looks.grounds(base)) if known else [],
    }
