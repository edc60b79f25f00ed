from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import upload_tools
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("uploads", __name__, url_prefix="/uploads")


@blueprint.get("")
def index():
    asked = {
        "kind": params.choice("kind", upload_tools.KINDS, "all"),
        "q": params.text("q", 60),
        "by": params.text("by", 60),
    }
    cursor = params.cursor()
    page = upload_tools.index(viewer(), kind=asked["kind"], search=asked["q"], by=asked["by"], cursor=cursor)
    context = {"kinds": upload_tools.KINDS, "asked": asked, "total": upload_tools.total(viewer())}
    return render_template("admin/uploads/index.html", page=page, **context)


@blueprint.get("/people")
def people():
    return render_template("admin/uploads/people.html", people=upload_tools.heaviest(viewer()))


@blueprint.get("/<int:upload_id>/destroy")
def ask(upload_id):
    row = upload_tools.get(viewer(), params.identity(upload_id))
    posts, more = upload_tools.shown_in(viewer(), row)
    return render_template(
        "admin/question.html",
        title=_("Remove “%(name)s” for good?", name=row.name),
        lines=lines(row, bool(posts or more)),
        links=[(f"/post/{post_id}", title) for post_id, title in posts],
        after=ngettext("And %(num)s more post.", "And %(num)s more posts.", more) if more else "",
        action=f"/admin/uploads/{row.id}/destroy",
        button=_("Remove"),
        back="/admin/uploads",
    )


@blueprint.post("/<int:upload_id>/destroy")
@limited("60 per minute")
def destroy(upload_id):
    with writing():
        upload_tools.remove(viewer(), params.identity(upload_id))
    say(_("It is gone."))
    return redirect("/admin/uploads", 303)


def lines(row, shown):
    if row.purpose == "category":
        yield _("A category shows it in place of its icon, and will have its icon again.")
    elif row.purpose == "group":
        yield _("A group shows it over its page.")
    elif row.purpose:
        yield _("%(name)s uses it on his page.", name=row.owner)
    elif shown:
        yield _("These posts show it, and will keep its description only:")
    else:
        yield _("No post shows it.")
