from flask import Blueprint, Response, redirect, render_template

from core.i18n import gettext as _
from forum import mail_tools
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("mail", __name__, url_prefix="/mail")
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@blueprint.get("")
def index():
    return page()


@blueprint.post("/try")
@limited("6 per minute")
def try_out():
    try:
        problem = mail_tools.try_out(viewer())
    except Invalid as invalid:
        return page(invalid.reason), 422
    if problem:
        return page(problem), 502
    say(_("The mail is sent."))
    return redirect("/admin/mail", 303)


@blueprint.get("/kinds/<kind>")
def example(kind):
    shown = mail_tools.example(viewer(), kind)
    return render_template("admin/mail/show.html", mail=shown, source=f"/admin/mail/kinds/{kind}/html")


@blueprint.get("/kinds/<kind>/html")
def example_html(kind):
    return sandboxed(mail_tools.example(viewer(), kind).rich)


@blueprint.get("/folder")
def folder():
    return render_template("admin/mail/folder.html", mails=mail_tools.laid(viewer()))


@blueprint.get("/folder/<name>")
def laid(name):
    shown = mail_tools.laid_mail(viewer(), name)
    return render_template("admin/mail/show.html", mail=shown, source=f"/admin/mail/folder/{name}/html", laid=True)


@blueprint.get("/folder/<name>/html")
def laid_html(name):
    return sandboxed(mail_tools.laid_mail(viewer(), name).rich)


def page(problem=""):
    asked = {"state": params.choice("state", ("", *mail_tools.STATES), ""), "q": params.text("q", 60)}
    return render_template(
        "admin/mail/index.html",
        server=mail_tools.server(viewer()),
        own=mail_tools.own_address(viewer()),
        may_read=mail_tools.read_laid(viewer()),
        kinds=mail_tools.kinds(viewer()),
        page=mail_tools.index(viewer(), state=asked["state"], search=asked["q"], cursor=params.cursor()),
        states=mail_tools.STATES,
        asked=asked,
        problem=problem,
    )


def sandboxed(html):
    answer = Response(html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer
