"""The texts for warnings, mutes and bans."""

from models import ReasonText
from tests.factories import a_user, number_of


def test_a_text_is_written_changed_and_removed(keeper):
    assert "No texts yet" in keeper.get("/admin/reasons").words
    page = keeper.get("/admin/reasons/new")
    keeper.submit(page, "/admin/reasons/new", title="Tone", body="Mind your tone.", kind="warn")
    index = keeper.get("/admin/reasons")
    assert "Tone for warnings · Mind your tone." in index.words
    address = index.html.split('panel-row-title"><a href="')[1].split('"')[0]
    page = keeper.get(address)
    assert "Mind your tone." in page.html
    keeper.submit(page, address, title="Tone", body="Be kind.", kind="any")
    assert "Be kind." in keeper.get("/admin/reasons").words
    ask = keeper.get(f"{address}/destroy")
    keeper.submit(ask, f"{address}/destroy")
    assert number_of(ReasonText) == 0
    assert keeper.get(address).status == 404


def test_a_text_needs_a_name_words_and_a_use(keeper):
    keeper.get("/admin/reasons/new")
    good = {"title": "Tone", "body": "Mind your tone.", "kind": "warn"}
    for more in ({"title": ""}, {"title": "x" * 81}, {"body": " "}, {"kind": "hang"}):
        assert keeper.post("/admin/reasons/new", {**good, **more}).status == 422
    assert number_of(ReasonText) == 0


def test_members_do_not_see_them(ann):
    a_user()
    assert ann.get("/admin/reasons").status == 403
