"""The administrator's fields of profiles: made, ordered, changed, and removed with what people filled in."""

from core.db import session, writing
from models import Act, ProfileEntry, ProfileField
from tests.factories import a_user, fresh, inside, number_of

FIELD = {"name": "Website", "kind": "link", "visibility": "all", "longest": "100", "reputation": "0"}


def made(keeper, **more) -> ProfileField:
    """A field, made through the form."""
    page = keeper.get("/admin/fields/new")
    answer = keeper.submit(page, "/admin/fields/new", **{**FIELD, **more})
    assert answer.status == 303, answer.words
    with inside():
        return session().query(ProfileField).order_by(ProfileField.id.desc()).first()


def test_a_field_is_made_and_changed_plain(keeper):
    assert "No fields yet" in keeper.get("/admin/fields").words
    field = made(keeper)
    assert "Website link · for everybody" in keeper.get("/admin/fields").words
    page = keeper.get(f"/admin/fields/{field.id}")
    keeper.submit(page, f"/admin/fields/{field.id}", name="Home page", visibility="members", required="1")
    assert "Home page link · for members · required" in keeper.get("/admin/fields").words
    assert number_of(Act, Act.kind == "field.kept") == 2


def test_a_field_is_made_htmx(keeper):
    page = keeper.get("/admin/fields/new")
    assert keeper.htmx.sends(page, "/admin/fields/new", **FIELD).status == 303
    assert "Website" in keeper.get("/admin/fields").words


def test_what_a_field_cannot_be(keeper):
    for typed, reason in (
        ({"name": " "}, "It needs words, at most 60 letters."),
        ({"kind": "choice", "options": "Only one"}, "Write 2 to 50 choices, one a line"),
        ({"longest": "0"}, "A whole number from 1 to 1000, please."),
        ({"reputation": "-1"}, "A whole number from 0 to 1000000, please."),
        ({"visibility": "nobody"}, "Choose who sees it."),
        ({"kind": "colour"}, "Choose a kind."),
    ):
        page = keeper.get("/admin/fields/new")
        answer = keeper.submit(page, "/admin/fields/new", **{**FIELD, "hint": "Kept", **typed})
        assert answer.status == 422, typed
        assert reason in answer.words
        assert answer.form("/admin/fields/new").fields["hint"] == "Kept"
    assert number_of(ProfileField) == 0


def test_their_order(keeper):
    first, second = made(keeper, name="First"), made(keeper, name="Second")
    keeper.get("/admin/fields")
    keeper.post(f"/admin/fields/{second.id}/move", {"by": "-1"})
    words = keeper.get("/admin/fields").words
    assert words.index("Second") < words.index("First")
    assert fresh(first).position > fresh(second).position


def test_removing_says_how_many_people_lose_something(keeper):
    field, ann = made(keeper), a_user("Ann")
    page = keeper.get(f"/admin/fields/{field.id}/destroy")
    assert "Nobody has filled it in." in page.words
    with inside(), writing():
        session().add(ProfileEntry(user_id=ann.id, field_id=field.id, value="https://a.example"))
    stale = keeper.submit(page, f"/admin/fields/{field.id}/destroy?people=0")
    assert stale.status == 409
    page = keeper.get(f"/admin/fields/{field.id}/destroy")
    assert "1 person has filled it in, and loses that." in page.words
    assert keeper.submit(page, f"/admin/fields/{field.id}/destroy?people=1").status == 303
    assert number_of(ProfileField) == number_of(ProfileEntry) == 0


def test_the_kind_stays_once_somebody_filled_it_in(keeper):
    field, ann = made(keeper), a_user("Ann")
    with inside(), writing():
        session().add(ProfileEntry(user_id=ann.id, field_id=field.id, value="https://a.example"))
    page = keeper.get(f"/admin/fields/{field.id}")
    answer = keeper.submit(page, f"/admin/fields/{field.id}", kind="number")
    assert "People have filled it in, so its kind stays." in answer.words
