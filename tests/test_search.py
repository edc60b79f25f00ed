"""Search: what is found, by whom, in which order, and that nothing somebody types can break it."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import delete, text, update

from core import clock
from core.db import session
from core.search import postgresql
from core.search.questions import Question
from forum import search_index, tags
from models import Post, SearchQueue, Topic
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_moderator,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    change,
    first_post,
    fresh,
    grant,
    inside,
    many_posts,
    number_of,
    set_setting,
    writes,
)
from tests.visitor import Answer, Visitor, path_of


def found(answer: Answer) -> list[int]:
    """The posts that a page of results shows, in order."""
    return [int(key) for key in re.findall(r'<h2 class="row-title"><a href="/post/(\d+)">', answer.html)]


def marked(answer: Answer) -> list[str]:
    """What is marked as found."""
    return [unescape(words) for words in re.findall(r"<mark>([^<]*)</mark>", answer.html)]


def look(reader: Visitor, words: str, **more: object) -> list[int]:
    """Searches, and returns the posts that were found."""
    answer = reader.get("/search", {"q": words, **more})
    assert answer.status == 200
    return found(answer)


@pytest.fixture
def shop(app):
    """A topic about glue, with replies to be found."""
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Which glue for oak?", body="I am mending a chair.", tags="chairs")
    replies = {
        "hide": a_post(in_=topic, body="Hide glue, warm, and the wood must be dry."),
        "nails": a_post(in_=topic, body="Forget glue. Nails never failed me, dry or wet."),
        "soup": a_post(in_=topic, body="My soup is ready."),
    }
    return {"place": place, "topic": topic, "first": first_post(topic), **replies}


# --- words ---


def test_a_word_is_found_in_posts_and_titles_whatever_its_case(ann, shop):
    assert set(look(ann, "GLUE")) == {shop["first"].id, shop["hide"].id, shop["nails"].id}
    assert look(ann, "oak") == [shop["first"].id]


def test_every_word_must_stand_in_the_post_or_its_title(ann, shop):
    assert set(look(ann, "glue dry")) == {shop["hide"].id, shop["nails"].id}
    assert look(ann, "glue chair") == [shop["first"].id]
    assert look(ann, "glue soup") == []


def test_a_phrase_is_found_only_in_its_order(ann, shop):
    assert look(ann, '"hide glue"') == [shop["hide"].id]
    assert look(ann, '"glue hide"') == []
    assert look(ann, '"oak I am"') == []  # a phrase does not reach from the title into the text


def test_a_minus_leaves_out(ann, shop):
    assert set(look(ann, "glue -nails")) == {shop["hide"].id, shop["first"].id}
    assert shop["hide"].id not in look(ann, 'glue -"hide glue"')


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("A crème brûlée in Łódź", "creme brulee lodz"),
        ("Ein großes Straßenfest", "grosses strassenfest"),
        ("El Niño came", "NINO"),
        ("Ёлка стоит", "елка"),
        ("我住在东京都附近", "东京"),
        ("東京タワーに行きました", "タワー"),
        ("東京タワーに行きました", '"東京タワー"'),
        ("오늘은 날씨가 좋습니다", "날씨"),
        ("हिन्दी में लिखें", "हिन्दी"),
        ("Ａｌｌ ｗｉｄｅ", "wide"),
        ("call some_function(argument)", "some_function"),
        ("a well-known rule", "well-known"),
        ("decomposed: cafe\u0301", "café"),
    ],
)
def test_accents_scripts_and_widths_are_folded(ann, app, written, sought):
    topic = a_topic(body=written)
    a_topic(body="Something else 京东 entirely")
    assert look(ann, sought) == [first_post(topic).id]


def test_signs_that_stand_apart_are_not_the_word(ann, app):
    a_topic(body="京 and 東 stand apart")
    assert look(ann, "東京") == []


def test_markup_is_not_part_of_the_words_but_words_across_it_are(ann, app):
    topic = a_topic(body="An un**believ**able [story](https://example.org/hidden)\n\n- one\n- two")
    key = first_post(topic).id
    assert look(ann, "unbelievable story") == [key]
    assert look(ann, "strong") == look(ann, "hidden") == []
    assert look(ann, '"one two"') == [key]


# --- narrowing ---


def test_in_title_finds_topics_by_their_titles(ann, shop):
    a_topic(title="About soup", body="Nothing.")
    assert look(ann, "in:title glue") == [shop["first"].id]
    assert look(ann, "in:title chair") == []
    assert look(ann, "glue", **{"in": "title"}) == [shop["first"].id]


def test_author_narrows_by_name_handle_and_me(ann, app):
    berta = a_user("Berta Stone")
    topic = a_topic(body="rain here")
    hers, mine = a_post(in_=topic, by=berta, body="rain there"), a_post(in_=topic, by=ann.user, body="rain everywhere")
    assert look(ann, 'rain author:"berta stone"') == look(ann, "rain author:berta-stone") == [hers.id]
    assert look(ann, "rain author:@berta-stone") == look(ann, "rain", author="Berta Stone") == [hers.id]
    assert look(ann, "rain author:me") == [mine.id]
    assert look(ann, "author:berta-stone") == [hers.id]
    assert set(look(ann, "rain author:berta-stone author:me")) == {hers.id, mine.id}
    assert hers.id not in look(ann, "rain -author:berta-stone")
    assert "Nobody here is called “zzz”" in ann.get("/search?q=rain+author:zzz").words


def test_category_narrows_with_what_is_below_it(ann, shop):
    below = a_category("Wood", parent_id=shop["place"].id)
    deep, away = a_topic(in_=below, body="glue below"), a_topic(body="glue elsewhere")
    assert first_post(deep).id in look(ann, "glue category:workshop")
    assert first_post(away).id not in look(ann, "glue category:workshop")
    assert look(ann, "glue", category=str(below.id)) == [first_post(deep).id]
    assert look(ann, "glue -category:workshop") == [first_post(away).id]
    assert "no category “attic”" in ann.get("/search?q=glue+category:attic").words


def test_tag_narrows(ann, shop):
    a_topic(body="glue without a tag")
    assert set(look(ann, "glue tag:chairs")) == {shop["first"].id, shop["hide"].id, shop["nails"].id}
    assert len(look(ann, "glue -tag:chairs")) == 1
    assert "No topic carries the tag “tables”" in ann.get("/search?q=glue+tag:tables").words


def test_before_and_after_narrow_to_the_day_month_and_year(ann, app):
    days = [
        datetime(2023, 12, 31, 12, tzinfo=UTC),
        datetime(2024, 1, 1, 0, tzinfo=UTC),
        datetime(2024, 2, 10, tzinfo=UTC),
    ]
    keys = []
    for day in days:
        topic = a_topic(body="ice")
        change(first_post(topic), created_at=day)
        keys.append(first_post(topic).id)
    assert look(ann, "ice before:2024") == keys[:1]
    assert look(ann, "ice after:2024") == keys[:0:-1]
    assert look(ann, "ice after:2024-01-01 before:2024-02-10") == keys[1:2]
    assert look(ann, "ice after:2024-02") == keys[2:]
    assert look(ann, "after:2023-12-31 before:2024-01") == keys[:1]
    assert "comes a date like" in ann.get("/search?q=ice+after:yesterday").words
    assert "comes a date like" in ann.get("/search?q=ice+before:2024-02-31").words


def test_within_a_topic(ann, shop):
    a_topic(body="glue in another topic")
    page = ann.get(path_of(shop["topic"]))
    form = page.form("/search")
    assert form
    assert set(look(ann, "glue", topic=shop["topic"].id)) == {shop["first"].id, shop["hide"].id, shop["nails"].id}
    assert set(look(ann, f"glue in:topic-{shop['topic'].id}")) == {shop["first"].id, shop["hide"].id, shop["nails"].id}
    assert "Search this topic" in ann.get("/search", {"q": "glue", "topic": shop["topic"].id}).words
    assert ann.get("/search?q=glue&topic=999999").status == 404


# --- order ---


def test_relevance_puts_titles_and_repeated_words_first(ann, app):
    weak = a_topic(body="A word about varnish among many others that stand here to make this long and dull.")
    strong = a_topic(title="Varnish", body="varnish varnish")
    later = a_topic(body="varnish once, in passing, in a text of some length about other things altogether")
    assert look(ann, "varnish")[0] == first_post(strong).id
    assert set(look(ann, "varnish")) == {first_post(each).id for each in (weak, strong, later)}


def test_newest_and_votes_order(ann, shop):
    a_vote(shop["hide"], by=a_user())
    keys = [shop["first"].id, shop["hide"].id, shop["nails"].id]
    assert look(ann, "glue", sort="newest") == sorted(keys, reverse=True)
    assert look(ann, "glue", sort="votes")[0] == shop["hide"].id
    assert ann.get("/search?q=glue&sort=luck").status == 400


def test_results_come_in_pages_and_are_counted(ann, app):
    set_setting("search.per_page", "5")
    topic = a_topic(body="Not this.")
    posts = [a_post(in_=topic, body=f"needle {number}") for number in range(12)]
    first = ann.get("/search?q=needle&sort=newest")
    assert "12 posts" in first.words
    assert found(first) == [post.id for post in reversed(posts)][:5]
    last = ann.get("/search?q=needle&sort=newest&page=3")
    assert found(last) == [posts[1].id, posts[0].id]
    assert found(ann.get("/search?q=needle&sort=newest&page=99")) == found(last)
    assert 'href="/search?q=needle&amp;sort=newest&amp;page=2"' in first.html.replace("&page", "&amp;page").replace(
        "&sort", "&amp;sort"
    )


def test_what_is_found_is_marked_and_escaped(ann, app):
    a_topic(title="<b>Bold</b> & brave", body="A `<script>alert(1)</script>` and a brave & <i>quoted</i> heart")
    answer = ann.get("/search?q=brave+script")
    assert set(marked(answer)) == {"brave", "script"}
    assert "<script>alert" not in answer.html
    assert "<i>quoted" not in answer.html
    assert "<b>Bold" not in answer.html
    assert "&lt;" in answer.html


def test_an_excerpt_shows_the_place_that_was_found(ann, app):
    a_topic(body="beginning " + "filler words stand here. " * 100 + "the crème brûlée is here " + "and so on. " * 80)
    answer = ann.get("/search?q=brulee")
    assert marked(answer) == ["brûlée"]
    assert "the crème" in answer.words
    assert "beginning" not in answer.words


def test_an_excerpt_keeps_a_spoiler_hidden(ann, app):
    a_topic(title="Film", body="The film ends: ||the gardener|| did it")
    answer = ann.get("/search?q=film")
    assert found(answer)
    assert "gardener" not in answer.html


# --- rights ---


def test_what_one_may_not_see_is_neither_found_nor_counted(app, visit):
    member, other = a_user("Member"), a_user("Other")
    hidden = a_private_category("Backstage", for_="moderators")
    listed_only = a_category("Titles", own_rights=True)
    grant("find", "read", to="registered", in_=listed_only)
    open_ = a_category("Open")
    seen = first_post(a_topic(in_=open_, title="secret open", body="secret"))
    backstage = first_post(a_topic(in_=hidden, title="secret backstage", body="secret"))
    titles = first_post(a_topic(in_=listed_only, title="secret titles", body="secret"))
    gone = first_post(a_deleted_topic(in_=open_, by=other, title="secret gone", body="secret"))
    later = first_post(a_scheduled_topic(by=other, in_=open_, title="secret later"))
    removed = a_post(in_=fresh(a_topic(in_=open_)), by=other, body="secret removed", deleted_at=clock.now())
    every = {seen.id, backstage.id, titles.id, gone.id, later.id, removed.id}

    def sees(who):
        page = visit(who).get("/search?q=secret")
        keys = set(found(page))
        number = "1 post" if len(keys) == 1 else f"{len(keys)} posts"
        assert number in page.words
        quick = visit(who).htmx.get("/search/quick?q=secret")
        assert {int(key) for key in re.findall(r'href="/post/(\d+)"', quick.html)} <= keys
        assert ("backstage" in quick.html) == (backstage.id in keys)
        assert set(look(visit(who), "in:title secret")) == keys - {removed.id}
        return keys

    assert sees(member) == {seen.id}
    assert sees(other) == {seen.id, gone.id, later.id, removed.id}
    assert sees(a_moderator("Marshal Two")) == every
    assert sees(an_administrator("Keeper Two")) == every


def test_a_guest_gets_the_settings_answer(guest, shop):
    asked = guest.get("/search?q=glue")
    assert asked.status == 403
    assert "Log in or register to search" in asked.words
    assert 'href="/login?next=/search%3Fq%3Dglue"' in asked.html
    assert not found(asked)
    assert guest.htmx.get("/search/quick?q=glue").status == 403
    home = guest.get("/")
    assert 'href="/search"' in home.html
    assert "quick-text" not in home.html
    set_setting("search.guests", "open")
    assert len(look(guest, "glue")) == 3
    assert "quick-text" in guest.get("/").html
    set_setting("search.guests", "off")
    assert guest.get("/search?q=glue").status == 404
    assert 'href="/search"' not in guest.get("/").html


def test_a_guest_whom_a_right_lets_search_may(guest, shop):
    grant("search:content", to="guests")
    assert len(look(guest, "glue")) == 3


# --- quick results ---


def test_quick_results_htmx(ann, shop):
    answer = ann.htmx.get("/search/quick?q=whi+gl")
    assert "<html" not in answer.html
    assert answer.ids == ["quick"]
    assert f'href="/topic/{shop["topic"].id}"' not in answer.html  # only the last word may go on
    answer = ann.htmx.get("/search/quick?q=which+gl")
    assert f'href="/topic/{shop["topic"].id}"' in answer.html
    assert "glue" in marked(answer)
    posts = ann.htmx.get("/search/quick?q=nail")
    assert f'href="/post/{shop["nails"].id}"' in posts.html
    assert "All results" in posts.words
    assert "Nothing yet" in ann.htmx.get("/search/quick?q=xylophone").words
    assert ann.htmx.get("/search/quick?q=").words == ""


def test_quick_results_plain(ann, shop):
    form = ann.get("/").form("/search")
    assert form.method == "get"
    assert "q" in form.fields
    assert len(look(ann, "glue")) == 3
    assert ann.follow(ann.get("/search/quick?q=glue")).status == 200


# --- what is written is found at once, and what is gone is not ---


def test_a_reply_is_found_as_soon_as_it_is_sent(ann, shop):
    answer = ann.post(f"/topic/{shop['topic'].id}/posts", {"body": "A quokka says hello."})
    assert answer.status == 303
    assert len(look(ann, "quokka")) == 1
    with inside():
        assert search_index.waiting() == 0


def test_the_index_follows_every_change_whoever_makes_it(ann, shop):
    elsewhere = a_category("Elsewhere")

    @writes
    def rewrite() -> None:
        session().execute(update(Post).where(Post.id == shop["hide"].id).values(html="<p>Changed to resin.</p>"))
        session().execute(update(Topic).where(Topic.id == shop["topic"].id).values(title="Renamed for beech"))

    @writes
    def move() -> None:
        session().execute(update(Topic).where(Topic.id == shop["topic"].id).values(category_id=elsewhere.id))
        tags.put(shop["topic"].id, ["stools"])

    rewrite()
    assert shop["hide"].id not in look(ann, "glue")
    assert look(ann, "resin") == [shop["hide"].id]
    assert look(ann, "oak") == []
    assert look(ann, "in:title beech") == look(ann, "beech") == [shop["first"].id]
    move()
    assert look(ann, "resin category:elsewhere") == [shop["hide"].id]
    assert look(ann, "resin category:workshop") == []
    assert look(ann, "resin tag:stools") == [shop["hide"].id]
    assert look(ann, "in:title beech tag:stools category:elsewhere") == [shop["first"].id]


def test_what_is_purged_is_gone_from_the_index(ann, shop):
    @writes
    def purge() -> None:
        session().execute(delete(Post).where(Post.id == shop["soup"].id))

    assert look(ann, "soup") == [shop["soup"].id]
    purge()
    assert look(ann, "soup") == []
    with inside():
        assert search_index.astray() == {"posts": 0, "titles": 0}


def test_a_write_that_fails_leaves_nothing_in_the_index(ann, shop):
    @writes
    def fail() -> None:
        session().execute(update(Post).where(Post.id == shop["soup"].id).values(html="<p>Bisque.</p>"))
        session().flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert look(ann, "bisque") == []
    assert look(ann, "soup") == [shop["soup"].id]


def test_a_great_move_is_taken_in_by_the_job_for_what_the_write_leaves_over(ann, app, monkeypatch):
    monkeypatch.setattr(search_index, "AT_ONCE", 5)
    topic, elsewhere = a_topic(body="pebble"), a_category("Elsewhere")
    many_posts(topic, 20)
    with inside():
        search_index.catch_up()
    change(topic, category_id=elsewhere.id)
    assert number_of(SearchQueue) > 0
    with inside():
        search_index.catch_up()
    assert number_of(SearchQueue) == 0
    assert ann.get("/search", {"q": "reply category:elsewhere"}).words.count("20 posts") == 1


def test_what_was_there_before_the_index_is_taken_in_by_the_job(ann, shop):
    with inside():

        @writes
        def forget() -> int:
            return search_index.rebuild()

        number = forget()
        assert number == 1
        assert search_index.astray()["posts"] > 0 or search_index.waiting() == 0
        search_index.catch_up()
        assert search_index.astray() == {"posts": 0, "titles": 0}
    assert len(look(ann, "glue")) == 3


def test_an_index_that_cannot_be_written_does_not_stop_a_post(ann, shop, monkeypatch, caplog):
    def broken(kind, documents):
        raise ZeroDivisionError

    monkeypatch.setattr(search_index.index, "put", broken)
    assert ann.post(f"/topic/{shop['topic'].id}/posts", {"body": "A wombat."}).status == 303
    assert "could not take in" in caplog.text
    monkeypatch.undo()
    with inside():
        search_index.catch_up()
    assert len(look(ann, "wombat")) == 1


def test_the_triggers_are_there(app):
    wanted = {
        "search_post_written", "search_post_changed", "search_topic_written", "search_title_changed",
        "search_topic_moved", "search_tag_given", "search_tag_taken",
    }  # fmt: skip
    with inside():
        sqlite = session().get_bind().dialect.name == "sqlite"
        names = "select name from sqlite_master where type = 'trigger'" if sqlite else "select tgname from pg_trigger"
        here = set(session().scalars(text(names)))
    assert wanted | ({"search_post_gone", "search_topic_gone"} if sqlite else set()) <= here


# --- whatever is typed ---

ODD = [
    "", " ", "-", "--", '"', '""', '"""', "'", "*", "^", "(", ")", "NEAR(", "AND", "OR NOT", "a AND", "glue OR", "glue*",
    "{title body} : x", "title:glue", "marks : a1", "-glue", '-"', 'glue -"', "in:", "in:title", "in:cellar", "author:",
    'author:"', "before:", "after:0000", "before:9999-99-99", "topic:x", "topic:", "tag:", "tag:\"", "category:",
    "glue\x00dry", "\x00", "\ud7ff\ufffe", "%", "_", "\\", "'; drop table posts; --", "<->", "glue & !dry | x:*", "~a1",
    "a" * 10_000, "word " * 2_000, '"' * 10_000, "-" * 10_000, "字" * 10_000, "🎉", "\u202e", "glue" + "\u0301" * 500,
    "author:" + "x" * 5_000, "q:q:q:q:q", "in:topic-99999999999999999999", "after:2026-02-30", "before:1 after:2",
    "after:9999", "before:0001-01-01", "after:3000-01 glue", "category:0", "category:99999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize("typed", ODD, ids=lambda typed: repr(typed)[:24])
def test_nothing_that_somebody_types_breaks_it(ann, shop, typed):
    for more in ({}, {"in": "title"}, {"sort": "votes"}):
        assert ann.get("/search", {"q": typed, **more}).status in (200, 404)
    assert ann.htmx.get("/search/quick", {"q": typed}).status in (200, 404)
    for field in ("author", "category", "tag", "before", "after", "in", "topic"):
        assert ann.get("/search", {"q": "glue", field: typed}).status in (200, 404)


def test_only_words_to_leave_out_are_answered_with_words(ann, shop):
    assert "at least one word" in ann.get("/search?q=-glue").words


def test_a_very_long_question_is_cut_and_said_so(ann, shop):
    answer = ann.get("/search", {"q": "glue " * 300})
    assert "only its beginning" in answer.words
    assert found(answer)


def test_an_empty_search_shows_the_form_and_no_results(ann, shop):
    answer = ann.get("/search")
    assert answer.status == 200
    assert not found(answer)
    assert "Nothing was found" not in answer.words
    assert "Nothing was found" in ann.get("/search?q=xylophone").words


def test_a_question_is_asked_for_a_month_and_for_more_and_more_of_them():
    now = datetime(2026, 2, 14, tzinfo=UTC)
    sought = postgresql.windows(Question((("glue",),), marked=(("c5",),)), now)
    assert sought[:3] == [
        "('glue') & ('~c5') & ('~m202602')",
        "('glue') & ('~c5') & ('~m202601')",
        "('glue') & ('~c5') & ('~m202512' | '~m202511')",
    ]
    months = re.findall(r"m\d{6}", " ".join(sought[:-1]))
    assert len(months) == len(set(months)) == 32
    assert sought[-1].startswith("('glue') & ('~c5') & !('~m202602' | ")
    assert re.findall(r"m\d{6}", sought[-1]) == months


def test_a_question_about_a_time_is_asked_for_its_months_only():
    times = ("y2023", "m202401", "m202402")
    sought = postgresql.windows(Question((("glue",),), marked=(times,)), datetime(2026, 2, 14, tzinfo=UTC))
    assert sought[0] == "('glue') & ('~m202402')"
    assert len(re.findall(r"m\d{6}", " ".join(sought))) == 14
    assert "!" not in " ".join(sought)
