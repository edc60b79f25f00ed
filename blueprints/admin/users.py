import csv
import io

from flask import Blueprint, Response, render_template, stream_with_context

from forum import census
from web import params
from web.auth import viewer

blueprint = Blueprint("users", __name__, url_prefix="/users")


@blueprint.get("")
def index():
    asked = wanted()
    page = census.index(viewer(), **asked, cursor=params.cursor())
    return render_template("admin/users/index.html", page=page, filters=census.FILTERS, **asked)


@blueprint.get("/export.csv")
def export():
    rows = census.everybody(viewer(), **wanted())
    first = next(rows)
    lines = (line(row) for row in rows)
    answer = Response(stream_with_context(chained(line(first), lines)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return answer


def wanted():
    return {"show": params.choice("show", census.FILTERS, "all"), "search": params.text("q", 60)}


def chained(first, rest):
    yield first
    yield from rest


def line(row):
    written = io.StringIO()
    csv.writer(written).writerow(row)
    return written.getvalue()
