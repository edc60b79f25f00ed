from io import BytesIO

from flask import Blueprint, redirect, render_template, request, send_file

from core.db import writing
from core.i18n import gettext as _
from forms.drafts import DraftForm
from forum import drafts, uploads
from forum.refusals import Busy, Forbidden, Invalid, Missing
from web import flash, params
from web.auth import login_required, viewer
from web.limits import limited
from web.uploads import received, takes_files

blueprint = Blueprint("uploads", __name__)


@blueprint.get("/uploads/<key>/<name>")
def show(key, name):
    kept = uploads.serve(key, name)
    answer = send_file(BytesIO(kept.data), kept.media_type, as_attachment=not kept.inline, download_name=kept.name)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@blueprint.get("/user/<slug>/uploads")
@login_required
def index(slug):
    if slug != viewer().slug:
        raise Missing
    rows, following = uploads.of(viewer(), params.number("before"))
    used, most = uploads.usage(viewer())
    return render_template("uploads/index.html", rows=rows, following=following, used=used, most=most)


@blueprint.post("/uploads")
@limited("30 per minute")
@takes_files
def create():
    name, data = received("file")
    if "place" in request.form:
        return add_to_draft(name, data)
    ready = uploads.prepare(viewer(), name, data)
    with writing():
        upload = uploads.keep(viewer(), ready, alt=request.form.get("alt", ""))
    return render_template("uploads/_upload.html", upload=upload, written=uploads.markdown(upload))


def add_to_draft(name, data):
    form = params.well_formed(DraftForm())
    sheet, version = form.sheet(), form.version.data or 0
    try:
        ready = uploads.prepare(viewer(), name, data)
        with writing():
            upload = uploads.keep(viewer(), ready, alt=request.form.get("alt", ""))
            saved = drafts.save(viewer(), sheet.adding(uploads.markdown(upload)), version=version)
        flash.say(_("“%(name)s” is uploaded and stands at the end of your text.", name=upload.name))
    except (Invalid, Forbidden, Busy) as refused:
        with writing():
            saved = drafts.save(viewer(), sheet, version=version)
        flash.say(refused.reason)
    back = params.way_back(request.form.get("next"))
    return redirect(drafts.href(drafts.get(viewer(), saved.id)) if saved.id else back, 303)


@blueprint.post("/uploads/<int:upload_id>/remove")
@limited("60 per minute")
def destroy(upload_id):
    with writing():
        uploads.remove(viewer(), params.identity(upload_id))
    return redirect(f"/user/{viewer().slug}/uploads", 303)
