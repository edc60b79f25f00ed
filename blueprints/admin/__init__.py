"""The control panel: one gate that everything below passes."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

from web.panel import gate

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.before_request(gate)

for _module in iter_modules(__path__):
    blueprint.register_blueprint(import_module(f"{__name__}.{_module.name}").blueprint)
