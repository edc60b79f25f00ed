from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import job_tools
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
SHOWN = ("all", "failed")
WHICH = ("one", "alike", "all")


@blueprint.get("")
def index():
    return render_template(
        "admin/jobs/index.html",
        show=params.choice("show", SHOWN, "all"),
        queue=job_tools.queue(viewer()),
        groups=job_tools.failed(viewer()),
        recurring=job_tools.recurring(viewer()),
        backups=job_tools.backups(viewer()),
        words=job_tools.words,
    )


@blueprint.get("/<int:failed_id>")
def show(failed_id):
    job = job_tools.get(viewer(), params.identity(failed_id))
    context = {
        "alike": job_tools.alike(viewer(), job),
        "arguments": job_tools.shown_arguments,
        "words": job_tools.words,
    }
    return render_template("admin/jobs/show.html", job=job, **context)


@blueprint.post("/retry")
@limited("60 per minute")
def retry():
    which, job = meant(params.among("which", WHICH), params.chosen)
    with writing():
        number = job_tools.retry(viewer(), which, job)
    say(ngettext("%(num)s job is on the queue again.", "%(num)s jobs are on the queue again.", number))
    return redirect("/admin/jobs", 303)


@blueprint.get("/discard")
def ask():
    which, job = meant(params.choice("which", WHICH, "one"), params.number)
    number = job_tools.number(viewer(), which, job)
    return render_template(
        "admin/question.html",
        title=ngettext("Remove %(num)s job that failed?", "Remove %(num)s jobs that failed?", number),
        lines=[_("What they were to do will not be done: a mail is not sent, somebody is not told.")],
        action="/admin/jobs/discard",
        fields={"which": which, "id": job.id if job else 0},
        button=_("Remove"),
        back="/admin/jobs",
    )


@blueprint.post("/discard")
@limited("60 per minute")
def discard():
    which, job = meant(params.among("which", WHICH), params.chosen)
    with writing():
        number = job_tools.discard(viewer(), which, job)
    say(ngettext("%(num)s job was removed.", "%(num)s jobs were removed.", number))
    return redirect("/admin/jobs", 303)


def meant(which, read):
    return which, None if which == "all" else job_tools.get(viewer(), params.identity(read("id") or 0))
