"""A site on which there is something of everything, and the address of each page that its administrator can open.

The world is that of the matrix (tests/world.py), and so are the addresses: tests/test_matrix.py fails for a route that
has no line there, so no new page can be forgotten here.
"""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import create_app
from cli.prepare import prepare
from core import clock, jobs
from core.db import session, writing
from models import Account, Draft, Upload
from tests import factories
from tests.browser.live import ROOT, Person, Site
from tests.matrix import CASES
from tests.test_matrix import address, values
from tests.world import World, a_world, furnish

WORK = ("/admin", "/me", "/user/keeper/", "/user/somebody/", "/moderation", "/post-queue", "/notifications", "/groups",
        "/post/", "/topic/")  # fmt: skip
"""Where pages of work begin: the panel's, one's own, and the moderators'."""
STATES = (
    "/admin/?range=12m",
    "/admin/log?by=nobody-like-this",
    "/admin/privileges?place=2&show=posting",
    "/admin/privileges?show=administration",
    "/admin/settings?q=mail",
    "/admin/settings?q=nothing-like-this",
    "/admin/users?q=nobody-like-this",
    "/admin/users?ticked=1",
    "/admin/widgets/new?kind=html",
    "/admin/widgets/new?kind=recent_posts",
    "/moderation?show=done",
)
"""Pages as they look with a question that the matrix does not ask."""


class Community(Site):
    """The world of the matrix, served: what there is, and where."""

    keeper: Person
    pages: list[str]
    others: set[str]
    """What the panel answers that is no page: tables to take along, mails as they are sent, ways on."""

    def start(self) -> None:
        """Makes the world, and serves it."""
        command = [sys.executable, "-m", "tests.browser.community"]
        made = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.fail(f"The community could not be made:\n{made.stderr}", pytrace=False)
        found = json.loads(made.stdout.strip().splitlines()[-1])
        self.keeper, self.pages, self.others = Person(*found["keeper"]), found["pages"], set(found["others"])
        self.serve()


def community(data: Path) -> Community:
    """The site over an empty folder."""
    site = Community(data)
    site.env["LIVERY_DEMO"] = "0"
    return site


def _own(world: World) -> None:
    """What the administrator himself has begun and kept, and a category below another, with rights of its own."""
    factories.a_category("Below", parent_id=world.more[""]["spare"], own_rights=True)
    keeper, now = world.people["administrator"], clock.now()
    with factories.inside(), writing():
        place = world.places["public"].id
        draft = Draft(user_id=keeper.id, key="own", kind="category", target_id=place, body="Begun.", saved_at=now)
        file = Upload(
            user_id=keeper.id, key="c" * 22, name="a.pdf", media_type="application/pdf", size=9, created_at=now
        )
        session().add_all([draft, file])
        session().get_one(Account, keeper.id).email_confirmed_at = now


def _pages(world: World) -> tuple[list[str], list[str]]:
    """The address of each whole page of work that the administrator can open; the panel's routes that gave none."""
    stage = SimpleNamespace(app=world.app, world=world)
    asked = {address(stage, case, values(stage, case, "administrator", case.kinds[0])): case.route
             for case in CASES if case.route.startswith("GET")}  # fmt: skip
    missing = {f"GET {rule.endpoint}" for rule in world.app.url_map.iter_rules()
               if rule.endpoint.startswith("admin.") and "GET" in rule.methods}  # fmt: skip
    found = []
    for at in dict.fromkeys([*asked, *STATES]):
        answer = world.browsers["administrator"].get(at) if at.startswith(WORK) else None
        if answer and answer.status == 200 and 'id="content"' in answer.html:
            found.append(at)
            missing.discard(asked.get(at))
    return found, sorted(missing)


def main() -> None:
    """Makes the world in the folder that the environment names, and prints where its pages are."""
    app = create_app()
    with app.app_context():
        prepare()
    jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)
    factories.use(app)
    world = furnish(a_world(app))
    _own(world)
    keeper = world.people["administrator"]
    pages, others = _pages(world)
    print(json.dumps({"keeper": [keeper.id, keeper.name, keeper.slug], "pages": pages, "others": others}))


if __name__ == "__main__":
    main()
