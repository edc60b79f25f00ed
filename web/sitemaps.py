"""robots.txt and the sitemap: where robots find everything, and where they need not look."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from flask import Flask, Response, abort, current_app, request

from forum import sitemap
from web.reading import CLOSED, CLOSED_QUERIES, settings

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def init_app(app: Flask) -> None:
    """Serves robots.txt (RFC 9309), the sitemap's index, and one file for each stretch of topics."""

    @app.get("/robots.txt", endpoint="robots")
    def robots() -> Response:
        if not settings.indexed:
            return _kept("User-agent: *\nDisallow: /\n", "text/plain")
        closed = [f"Disallow: {path}" for path in CLOSED] + [f"Disallow: /*?*{name}=" for name in CLOSED_QUERIES]
        lines = ["User-agent: *", *closed, "", f"Sitemap: {_site()}/sitemap.xml", ""]
        return _kept("\n".join(lines), "text/plain")

    @app.get("/sitemap.xml", endpoint="sitemap")
    def index() -> Response:
        _only_if_indexed()
        files = ["places", *range(1, sitemap.stretches() + 1)]
        spots = [f"<sitemap><loc>{_site()}/sitemap/{name}.xml</loc></sitemap>" for name in files]
        return _kept(f"{_HEAD}<sitemapindex {_SCHEMA}>{''.join(spots)}</sitemapindex>\n", "text/xml")

    @app.get("/sitemap/places.xml", endpoint="sitemap_places")
    def places() -> Response:
        _only_if_indexed()
        return _addresses(sitemap.places())

    @app.get("/sitemap/<int:number>.xml", endpoint="sitemap_topics")
    def topics(number: int) -> Response:
        _only_if_indexed()
        return _addresses(sitemap.topics(number))


def _only_if_indexed() -> None:
    if not settings.indexed:
        abort(404)


def _addresses(spots: Iterable[sitemap.Spot]) -> Response:
    site = _site()
    lines = [
        f"<url><loc>{escape(site + spot.path)}</loc>"
        + (f"<lastmod>{spot.at.isoformat(timespec='seconds')}</lastmod>" if spot.at else "")
        + "</url>"
        for spot in spots
    ]
    return _kept(f"{_HEAD}<urlset {_SCHEMA}>{''.join(lines)}</urlset>\n", "text/xml")


def _site() -> str:
    """The site's own address: as configured, or as it was asked."""
    configured: str = current_app.config["LIVERY"].url
    return configured or request.host_url.rstrip("/")


def _kept(text: str, kind: str) -> Response:
    """Everybody gets the same, and may keep it for an hour: unless it names the site as whoever asked did."""
    answer = Response(text, mimetype=kind)
    answer.headers["Cache-Control"] = "public, max-age=3600" if current_app.config["LIVERY"].url else "no-store"
    return answer
