"""The application: what Flask is not asked again for each request."""

import pytest
from flask import Flask, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from web.application import Livery
from web.exchange import Asked
from web.pieces import Piece, Pieces


@pytest.fixture
def small() -> Flask:
    """An application of two views."""
    made = Livery("small")
    made.request_class = Asked

    @made.get("/things/<int:key>")
    def thing(key: int) -> str:
        request.view_args["key"] = 0  # what a view does with its values is its own affair
        return f"{key} at {request.host}"

    @made.get("/list")
    def listed() -> str:
        return "list"

    return made


def test_an_address_that_is_asked_again_has_the_values_that_it_had_the_first_time(small):
    client = small.test_client()
    assert [client.get("/things/7").text for _ in range(3)] == ["7 at localhost"] * 3
    assert client.get("/things/8").text == "8 at localhost"


def test_who_asks_is_not_part_of_what_is_found(small):
    client = small.test_client()
    client.get("/things/7")
    assert client.get("/things/7", headers={"Host": "Other.example:81"}).text == "7 at Other.example:81"


def test_what_was_found_for_one_method_holds_for_no_other(small):
    client = small.test_client()
    assert client.get("/list").status_code == 200
    assert client.post("/list").status_code == 405
    assert client.get("/list").status_code == 200


def test_what_is_not_there_is_not_found_twice(small):
    client = small.test_client()
    assert [client.get("/nothing").status_code for _ in range(2)] == [404, 404]
    assert small._found.fill().entries == 0


def test_other_ways_of_asking_are_answered_as_ever(small):
    with small.test_request_context("/things/7"):
        addresses = small.create_url_adapter(request._get_current_object())
        assert addresses is not None
        assert addresses.match("/list") == ("listed", {})
        assert addresses.build("thing", {"key": 9}) == "/things/9"
        with pytest.raises(NotFound):
            addresses.match("/nothing")
        with pytest.raises(MethodNotAllowed):
            addresses.match("/list", "POST")


def test_what_a_view_gives_to_a_template_goes_before_what_all_may_use(small):
    small.context_processor(lambda: {"name": "everybody's", "more": "more"})
    with small.test_request_context("/list"):
        values = {"name": "its own"}
        small.update_template_context(values)
        assert (values["name"], values["more"]) == ("its own", "more")


def test_a_piece_is_encoded_once():
    piece = Piece("<p>Grüße – 好</p>")
    assert piece.encode() == "<p>Grüße – 好</p>".encode()
    assert piece.encode() is piece.encode()
    assert Piece("Grüße").encode("latin-1") == "Grüße".encode("latin-1")


def test_pieces_are_one_where_they_stand_one_after_the_other():
    row = Pieces([Piece("<i>ä</i>"), Piece("<b>ö</b>")])
    assert row.__html__() == "<i>ä</i><b>ö</b>"
    assert row.__html__() is row.__html__()
