from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from forum import cache_tools
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("cache", __name__, url_prefix="/cache")


@blueprint.get("")
def index():
    context = {"stores": cache_tools.stores(viewer()), "kinds": cache_tools.kinds(viewer())}
    return render_template("admin/cache/index.html", words=cache_tools.words, ratio=cache_tools.ratio, **context)


@blueprint.post("/clear")
@limited("20 per minute")
def clear():
    with writing():
        cache_tools.clear(viewer())
    say(_("Every process drops what it keeps, and makes it anew when somebody asks."))
    return redirect("/admin/cache", 303)
