"""Nothing goes for good by one click: what destroys something says what goes, and asks, on every page of the site."""

import re
from types import SimpleNamespace

import pytest
from werkzeug.exceptions import HTTPException

from tests.matrix import CASES
from tests.test_matrix import address, values
from tests.world import a_world, furnish

DESTROYS = re.compile(r"destroy|merge|leave|empty|discard|strike|withdraw|clear|end|lift|reset|rank|refuse|remove")
ASKED = {
    "admin.categories.destroy", "admin.categories.merge", "admin.fields.destroy", "admin.incidents.empty",
    "admin.jobs.discard", "admin.navigation.destroy", "admin.reasons.destroy", "admin.skins.destroy",
    "admin.tags.destroy", "admin.uploads.destroy", "admin.widgets.destroy", "deletions.destroy_post",
    "deletions.destroy_topic", "drafts.discard", "drafts.discard_all", "groups.destroy", "leaving.leave",
    "leaving.leave_of", "removals.destroy", "sanctions.strike_out", "transfers.merge", "uploads.destroy",
}  # fmt: skip
NOT_ASKED = {
    "accounts.reset_now": "gives a password",
    "accounts.send_reset": "sends a link",
    "admin.cache.clear": "is made again with the next page",
    "admin.invitations.withdraw": "can be sent again",
    "admin.networks.destroy": "can be written again",
    "admin.settings.reset": "the list of changes has what it was",
    "drafts.discard_written": "says in the composer what goes",
    "groups.rank": "can be given again",
    "invitations.withdraw": "can be sent again",
    "pictures.destroy": "can be uploaded again",
    "queue.withdraw": "one's own text stays in the list",
    "sanctions.lift": "stays in the record",
    "sessions.end": "can log in again",
    "sessions.end_others": "can log in again",
}
"""What is done at once, and why nothing is lost by it."""


@pytest.fixture
def found(app) -> list[tuple[str, str, dict[str, str]]]:
    """The forms of every page that an administrator can open: to which endpoint, on which, and how they are written."""
    world, adapter = furnish(a_world(app)), app.url_map.bind("localhost")
    stage, forms = SimpleNamespace(app=app, world=world), []
    for case in [case for case in CASES if case.route.startswith("GET")]:
        at = address(stage, case, values(stage, case, "administrator", case.kinds[0]))
        for form in world.browsers["administrator"].get(at).forms:
            for action in [form.action, *(button.get("formaction", "") for button in form.buttons)]:
                try:
                    endpoint = (
                        adapter.match(action.partition("?")[0], method="POST")[0] if form.method == "post" else ""
                    )
                except HTTPException:
                    continue
                forms.append((endpoint, case.route.rpartition(".")[2], form.attributes))
    return forms


def test_what_destroys_is_known(app):
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    named = {endpoint for endpoint in posts if DESTROYS.search(endpoint.rpartition(".")[2].replace("send", ""))}
    assert named == ASKED | set(NOT_ASKED)


def test_what_goes_for_good_is_asked_before(found):
    bare, seen = set(), set()
    for endpoint, page, attributes in found:
        if endpoint in ASKED:
            seen.add(endpoint)
            if not page.startswith("ask") and attributes.get("class") != "menu-sheet":
                bare.add((endpoint, page))
    assert bare == set()
    assert len(seen) > 15
