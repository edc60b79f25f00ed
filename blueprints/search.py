from flask import Blueprint, redirect, request
from werkzeug.urls import iri_to_uri

from core.search.questions import LONGEST
from forum import categories, search, search_terms, topics
from forum.permissions import require
from web import htmx, params
from web.auth import viewer

blueprint = Blueprint("search", __name__)


def asked():
    return request.args.get("q", "").replace("\x00", " ")[: LONGEST + 1]


def filled_in():
    return {key: request.args.get(key, "").replace("\x00", "").strip()[:100] for key in search_terms.KEYS}


@blueprint.get("/search")
def index():
    verdict = search.may_search(viewer())
    if not verdict and not verdict.hidden:
        return htmx.render("search/refused.html", "search/refused.html", reason=verdict.reason, text=asked()), 403
    require(verdict)
    text, fields, sort = asked(), filled_in(), params.choice("sort", search.SORTS, search.SORTS[0])
    terms = search_terms.read(viewer(), text, fields=fields)
    topic = topics.get(viewer(), params.identity(terms.topic_id)) if terms.topic_id is not None else None
    found = search.find(viewer(), terms, sort=sort, page=params.page())
    about = {"text": text[:LONGEST], "fields": fields, "sort": sort, "topic": topic, "sorts": search.SORTS}
    return htmx.render(
        "search/index.html", "search/_results.html", terms=terms, found=found, places=categories.tree(viewer()), **about
    )


@blueprint.get("/search/quick")
def quick():
    if not htmx.partial():
        return redirect(iri_to_uri(params.same_query("/search")))
    text = asked()
    terms = search_terms.read(viewer(), text, fields=filled_in(), unfinished=True)
    return htmx.render("search/index.html", "search/_quick.html", found=search.quick(viewer(), terms), text=text)
