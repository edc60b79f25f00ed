"""Wiring: configuration, extensions, blueprints, error pages. `create_app()` is what every server loads."""

from datetime import timedelta
from typing import Any

from flask import Flask, appcontext_popped, appcontext_pushed
from flask_bootstrap import Bootstrap5

import blueprints
import models  # noqa: F401  (makes every table known)
from core import backups, db, frozen, jobs, logs, mail, pending, plugins, presence, pubsub, replica, storage, tokens
from core import config as environment
from forum import schedule  # noqa: F401  (lists the recurring jobs)
from web import (
    again,
    assets,
    auth,
    compression,
    context,
    cookie_session,
    dressing,
    errors,
    first_run,
    fragments,
    frame,
    kept,
    limits,
    maintenance,
    operations,
    reading,
    security,
    sitemaps,
    terms,
    uploads,
    visits,
)
from web.application import Livery
from web.exchange import Answer, Asked
from web.folding import FoldingEnvironment
from web.networks import TrustedProxies


def create_app(config: environment.Config | None = None, **overrides: Any) -> Flask:
    """A Livery application over a configuration; `overrides` are settings of Flask and its extensions."""
    config = config or environment.read()
    app = Livery(__name__, static_folder=None, static_url_path="/static")
    app.jinja_environment = FoldingEnvironment
    app.request_class, app.response_class = Asked, Answer
    app.config.update(_settings(config))
    app.config.update(overrides)
    app.url_map.strict_slashes = False
    logs.set_up(config)
    _connect_database(app, config)
    for part in (backups, storage, pubsub, presence, mail):
        part.connect(config)
    plugins.load(config.plugins)
    jobs.connect(config, app.app_context, immediate=bool(app.config.get("TESTING")))
    pending.connect(config.redis_url)
    tokens.connect(config.secret_key)
    app.wsgi_app = TrustedProxies(app.wsgi_app, config.trusted_proxies)
    Bootstrap5(app)
    security.guard_reads(app)
    kept.remember(app)
    again.remember(app)
    parts = (operations, visits, kept, compression, uploads, security, first_run, reading, auth, terms, maintenance)
    for each in parts:
        each.init_app(app)
    limits.init_app(app, config.redis_url)
    again.init_app(app)
    cookie_session.init_app(app)
    assets.init_app(app)
    sitemaps.init_app(app)
    errors.init_app(app)
    context.init_app(app)
    frame.init_app(app)
    fragments.init_app(app)
    dressing.init_app(app)
    kept.keep(app)
    blueprints.register(app)
    return app


def _connect_database(app: Flask, config: environment.Config) -> None:
    appcontext_pushed.connect(db.begin_scope, app)
    appcontext_popped.connect(db.end_scope, app)
    db.db.init_app(app)
    app.teardown_appcontext(db.let_go)
    db.frozen_by = config.data / frozen.NAME if config.database_url.startswith("sqlite") else None
    with app.app_context():
        for engine in db.db.engines.values():
            db.prepare_engine(engine, slow=config.slow_query)


def _settings(config: environment.Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(config),
        "SQLALCHEMY_BINDS": {replica.BIND: _engine_options(config, config.replica_url)} if config.replica_url else {},
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": config.behind_tls,
        "SESSION_COOKIE_NAME": "__Host-session" if config.behind_tls else "session",
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SECURE": config.behind_tls,
        "REMEMBER_COOKIE_NAME": "__Host-remember_token" if config.behind_tls else "remember_token",
        "REMEMBER_COOKIE_DURATION": timedelta(days=14),
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_ENABLED": False,  # web/security.py asks every write for its proof before any form is read
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "RATELIMIT_HEADERS_ENABLED": False,
        "LIVERY": config,
    }


def _engine_options(config: environment.Config, replica_url: str = "") -> dict[str, Any]:
    # values stay out of errors, and so out of logs: some of them are addresses, hashes and texts of people
    if config.database_url.startswith("sqlite"):
        return {"connect_args": {"check_same_thread": False, "timeout": 5}, "hide_parameters": True}
    usual = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "hide_parameters": True}
    if replica_url:
        waits, about = (replica.be_impatient, "connect"), replica.options(replica_url)
        return {**usual, "url": replica_url, "connect_args": about, "pool_events": [waits]}
    watched = [(replica.be_patient, "connect")] if config.replica_url else []
    return {**usual, "connect_args": replica.connect_options(config.database_url), "pool_events": watched}
