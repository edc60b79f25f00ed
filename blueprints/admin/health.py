from flask import Blueprint, redirect, render_template

from core import jobs
from core.db import writing
from core.i18n import gettext as _
from forum import checkups
from web import checkup
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("")
def index():
    return render_template(
        "admin/health/index.html", found=checkups.listed(viewer()), every=checkups.settings.every_hours
    )


@blueprint.post("")
@limited("10 per minute")
def look():
    with writing():
        checkups.ask(viewer())
    try:
        checkup.look.later()
        say(_("The site looks at itself. Load this page again in a moment."))
    except jobs.Away:
        say(_("The queue does not answer. `bin/livery doctor` looks without it."))
    return redirect("/admin/health", 303)
