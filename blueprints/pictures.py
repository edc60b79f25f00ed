from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forms.pictures import PictureForm
from forum import pictures, users
from forum.refusals import Forbidden, Invalid
from web import flash, params
from web.auth import login_required, viewer
from web.limits import limited
from web.uploads import received, takes_files

blueprint = Blueprint("pictures", __name__)


@blueprint.get("/me/picture")
@login_required
def edit(errors=None):
    person = users.own(viewer())
    return render_template("pictures/edit.html", person=person, errors=errors or {}, largest=pictures.largest)


@blueprint.post("/me/picture")
@limited("30 per hour")
@takes_files
def update():
    form = params.well_formed(PictureForm())
    kind = form.kind.data
    try:
        ready = pictures.prepare(viewer(), kind, *received("file"), form.crop())
        with writing():
            pictures.put(viewer(), kind, ready)
    except Invalid as invalid:
        return edit({kind: invalid.reason}), 422
    except Forbidden as refused:
        return edit({kind: refused.reason}), 403
    flash.say(_("Your picture is changed.") if kind == "picture" else _("Your cover is changed."))
    return redirect("/me/picture", 303)


@blueprint.post("/me/picture/remove")
@limited("30 per hour")
def destroy():
    kind = request.form.get("kind", "")
    if kind not in pictures.OF_PEOPLE:
        raise Invalid("kind", _("There is no such picture."))
    with writing():
        pictures.remove(viewer(), kind)
    return redirect("/me/picture", 303)
