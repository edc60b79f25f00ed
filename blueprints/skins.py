from flask import Blueprint, Response, abort, jsonify, make_response, redirect, request

from core.db import writing
from forum import custom_skins, skins
from web import htmx, looks, params
from web.auth import public, viewer
from web.limits import limited

blueprint = Blueprint("skins", __name__)
_YEAR = 365 * 86400


@blueprint.get("/skins")
def index():
    return htmx.render("skins/index.html", "skins/_gallery.html", offered=skins.catalogue().values())


@blueprint.get("/skins/looks")
def previews():
    answer = jsonify(looks.previews(viewer().preferences))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/skin")
@public
@limited("120 per minute")
def update():
    chosen = skins.chosen({"mode": request.form.get("mode", "")})
    if name := request.form.get("skin", ""):
        chosen |= skins.clicked(skins.look(viewer().preferences), name)
    return wear(chosen)


@blueprint.post("/look")
@public
@limited("120 per minute")
def update_all():
    return wear(skins.chosen(request.form))


def wear(chosen):
    if not viewer().guest:
        with writing():
            skins.choose(viewer(), chosen)
    viewer().preferences.update(chosen)
    back = params.way_back(request.form.get("next"))
    made = htmx.done("skins/update.parts.html", otherwise=back) if htmx.asked() else make_response(redirect(back, 303))
    for name, value in chosen.items():
        made.set_cookie(name, value, max_age=_YEAR, samesite="Lax", httponly=True)
    look = skins.look(viewer().preferences)
    return htmx.announce(made, "livery:skin", **looks.described(look), comfort=dict(look.comfort))


@blueprint.get("/skin/<int:skin_id>.css")
def stylesheet(skin_id):
    found = custom_skins.stylesheets().get(skin_id)
    if found is None:
        abort(404)
    answer = Response(found[0], mimetype="text/css")
    if request.args.get("v") == found[1]:
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return answer
