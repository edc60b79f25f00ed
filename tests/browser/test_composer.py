"""Writing: quotes, previews, mistakes, double clicks, a lost login, a topic that is locked meanwhile."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.live import PASSWORD, Tab

pytestmark = pytest.mark.browser


def posts(tab: Tab) -> Locator:
    return tab.page.locator("#stream > .post")


def post(tab: Tab, number: int) -> Locator:
    return tab.page.locator(f'#stream > .post[data-number="{number}"]')


def open_composer(tab: Tab) -> Locator:
    """Opens the composer in the dock and gives its text."""
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    return text


def send(tab: Tab) -> Locator:
    return tab.page.locator("#dock .send")


def select(tab: Tab, number: int, words: str) -> None:
    """Marks words of a post, as a reader would with the mouse."""
    post(tab, number).locator(".post-body").evaluate(
        """(body, words) => {
            const node = document.createTreeWalker(body, NodeFilter.SHOW_TEXT).nextNode();
            const start = node.data.indexOf(words);
            getSelection().setBaseAndExtent(node, start, node, start + words.length);
            return new Promise((done) => setTimeout(done, 30));
        }""",
        words,
    )


def test_quote_what_is_selected_and_add_to_what_is_open(browse, me, ground):
    tab = browse(person=me)
    tab.go(ground.path)
    select(tab, 2, "some words")
    post(tab, 2).get_by_role("link", name="Quote").click()
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    expect(text).to_have_value(re.compile(r"^\[Reader 02\]\(/\S+\) wrote:\n\n> some words\n\n$"))
    text.press_sequentially("Well put.")
    # a second quote joins the first; without a selection it is the whole post
    post(tab, 3).get_by_role("link", name="Quote").click()
    expect(text).to_have_value(
        re.compile(
            r"> some words\n\nWell put\.\n\n\[Reader 01\]\(/\S+\) wrote:\n\n> The third post answers the second\."
        )
    )
    expect(text).to_be_focused()
    expect(tab.page.locator("#dock form")).to_have_count(1)
    send(tab).click()
    expect(posts(tab)).to_have_count(4)
    expect(post(tab, 4).locator("blockquote")).to_have_count(2)
    expect(post(tab, 4).locator("blockquote").first).to_have_text("some words")
    # a link in a post is followed without leaving the document, so what is being written stays
    open_composer(tab).fill("Still at it.")
    post(tab, 4).locator(".post-body").get_by_role("link", name="Reader 02").click()
    tab.at(ground.path + "/2")
    expect(post(tab, 2)).to_be_focused()
    expect(text).to_have_value("Still at it.")
    assert len(tab.documents) == 1


def test_quote_without_script(browse, me, ground):
    tab = browse(script=False, person=me)
    tab.go(ground.path)
    post(tab, 2).get_by_role("link", name="Quote").click()
    expect(tab.page.get_by_label("Text")).to_have_value(
        re.compile("> The second post has some words that can be quoted.")
    )


def test_replies_open_and_close(browse, ground):
    tab = browse()
    tab.go(ground.path)
    toggle, answers = post(tab, 2).locator(".replies-toggle"), post(tab, 2).locator(".answer")
    expect(toggle).to_contain_text("1 reply")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(answers).to_have_count(1)
    expect(answers).to_contain_text("The third post answers the second.")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(answers).to_have_count(0)
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(answers).to_have_count(1)
    assert len(tab.documents) == 1


def test_replies_without_script(browse, ground):
    tab = browse(script=False)
    tab.go(ground.path)
    post(tab, 2).locator(".replies-toggle").click()
    expect(tab.page.locator(".answer")).to_contain_text("The third post answers the second.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_reply_as_topic(browse, me, ground, script):
    tab = browse(person=me, script=script)
    page = tab.page
    tab.go(ground.path)
    page.locator("#reply-menu summary").click()
    page.get_by_role("link", name="Reply as topic").click()
    expect(page.get_by_label("Text")).to_have_value(re.compile(re.escape(f"Re: [{ground.title}]({ground.path})")))
    title = f"A branch of {ground.title}"
    page.get_by_label("Title").fill(title)
    page.get_by_label("Tags").fill("Practice, new branch")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.locator(".topic-head").get_by_role("link", name="new-branch")).to_be_visible()
    expect(posts(tab)).to_have_count(1)
    expect(page.locator("form.composer")).to_have_count(0)
    expect(page.locator(".navigator")).not_to_be_visible()
    if script:
        expect(page).to_have_title(f"{title} · Livery")
        assert len(tab.documents) == 1
        # the first reply of a new topic brings its navigator
        open_composer(tab).fill("The first answer.")
        send(tab).click()
        expect(posts(tab)).to_have_count(2)
        expect(page.locator(".navigator")).to_contain_text("of 2")


def test_new_topic_from_its_category(browse, site, me):
    tab = browse(person=me)
    page = tab.page
    tab.go(site.categories["Questions and feedback"])
    page.get_by_role("link", name="New topic").click()
    expect(page.get_by_label("Title")).to_be_focused()
    tab.allowed.add(422)
    page.get_by_label("Title").fill("ab")
    page.get_by_label("Text").fill("The text stays.")
    page.get_by_label("Tags").fill("kept")
    page.get_by_role("button", name="Send").click()
    wrong(page.get_by_label("Title"), "A title has at least 3 letters.")
    page.get_by_label("Title").fill("Three letters and more")
    page.get_by_label("Tags").fill("kept, x")
    page.get_by_role("button", name="Send").click()
    wrong(page.get_by_label("Tags"), re.compile("x"))
    expect(page.get_by_label("Text")).to_have_value("The text stays.")
    expect(page.get_by_label("Title")).to_have_value("Three letters and more")
    page.get_by_label("Tags").fill("kept")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Three letters and more", level=1)).to_be_visible()
    assert len(tab.documents) == 1
    page.go_back()
    expect(page.get_by_role("heading", name="Questions and feedback", level=1)).to_be_visible()
    expect(page.locator(".topic-row").first).to_contain_text("Three letters and more")


def wrong(field: Locator, words: str | re.Pattern[str]) -> None:
    """The field is marked as wrong, and says why."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_error_message(words) if field.get_attribute("aria-errormessage") else expect(
        field
    ).to_have_accessible_description(words)


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_mistake_keeps_the_text(browse, me, ground, script):
    tab = browse(person=me, script=script)
    tab.allowed.add(422)
    tab.go(ground.path)
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.get_by_label("Text")
    text.fill("x" * 32768)
    tab.page.get_by_role("button", name="Send").click()
    wrong(text, re.compile("at most 32,767"))
    expect(text).to_have_value("x" * 32768)
    text.fill("")
    tab.page.get_by_role("button", name="Send").click()
    wrong(text, "Write something first.")
    text.fill("Short enough.")
    tab.page.get_by_role("button", name="Send").click()
    expect(posts(tab)).to_have_count(4)


@pytest.mark.parametrize("width", [1280, 390])
def test_preview_follows_the_writing(browse, me, ground, width):
    tab = browse(person=me, width=width)
    tab.go(ground.path)
    text, button = open_composer(tab), tab.page.locator("#dock").get_by_role("button", name="Preview")
    text.fill("A **bold** word\n\n<script>alert(1)</script>")
    button.click()
    preview = tab.page.locator("#composer-preview .post-body")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview).to_contain_text("<script>alert(1)</script>")
    expect(button).to_have_attribute("aria-pressed", "true")
    if width == 1280:  # side by side
        text.fill("Another *one*")
        expect(preview.locator("em")).to_have_text("one")
        beside, left = preview.bounding_box(), text.bounding_box()
        assert beside["x"] >= left["x"] + left["width"]
    else:  # in its place
        expect(text).not_to_be_visible()
    button.click()
    expect(text).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(posts(tab)).to_have_count(3)


def test_preview_without_script(browse, me, ground):
    tab = browse(person=me, script=False)
    tab.go(f"/topic/{ground.id}/reply")
    tab.page.get_by_label("Text").fill("A **bold** word")
    tab.page.get_by_role("button", name="Preview").click()
    expect(tab.page.locator("#composer-preview strong")).to_have_text("bold")
    expect(tab.page.get_by_label("Text")).to_have_value("A **bold** word")
    expect(tab.page.get_by_role("toolbar", name="Formatting")).not_to_be_visible()


def test_the_toolbar_and_its_keys_mark_the_text(browse, me, ground):
    tab = browse(person=me)
    tab.go(ground.path)
    text = open_composer(tab)

    def mark(name: str, chosen: str, then: str) -> None:
        text.fill("one two\nthree")
        text.evaluate(
            "(area, words) => area.setSelectionRange(area.value.indexOf(words), area.value.indexOf(words) + words.length)",
            chosen,
        )
        if "+" in name:
            text.press(name)
        else:
            tab.page.get_by_role("toolbar").get_by_role("button", name=name).click()
        expect(text).to_have_value(then)
        expect(text).to_be_focused()

    mark("Bold", "two", "one **two**\nthree")
    mark("Italic", "two", "one *two*\nthree")
    mark("Code", "two", "one `two`\nthree")
    mark("Code", "one two\nthree", "```\none two\nthree\n```")
    mark("Spoiler", "two", "one ||two||\nthree")
    mark("Link", "two", "one [two](https://)\nthree")
    mark("Quote", "two\nthree", "> one two\n> three")
    mark("List", "three", "one two\n- three")
    mark("Control+b", "two", "one **two**\nthree")
    mark("Control+Shift+Digit8", "three", "one two\n- three")
    # a second time takes it away, and the browser can undo
    text.press("Control+Shift+Digit8")
    expect(text).to_have_value("one two\nthree")
    text.press("Control+z")
    expect(text).to_have_value("one two\n- three")
    # one stop for the tab key, arrows within
    first = tab.page.get_by_role("toolbar").get_by_role("button", name="Bold")
    first.focus()
    first.press("ArrowRight")
    expect(tab.page.get_by_role("toolbar").get_by_role("button", name="Italic")).to_be_focused()


def test_the_window_of_the_composer(browse, me, ground):
    tab = browse(person=me)
    page = tab.page
    tab.go(ground.path)
    text = open_composer(tab)
    form, handle = page.locator("#dock form"), page.get_by_role("separator", name="Height of the composer")
    before = form.bounding_box()["height"]
    handle.press("ArrowUp")
    handle.press("ArrowUp")
    assert form.bounding_box()["height"] == before + 48
    expect(handle).to_have_attribute("aria-valuenow", str(int(before + 48)))
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 104, steps=4)
    page.mouse.up()
    assert abs(form.bounding_box()["height"] - (before - 52)) <= 6
    text.fill("Stays")
    page.get_by_role("button", name="Minimise").click()
    expect(text).not_to_be_visible()
    page.get_by_role("button", name="Minimise").click()
    expect(text).to_be_focused()
    expect(text).to_have_value("Stays")
    page.get_by_role("button", name="Fill the screen").click()
    assert form.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 800}
    text.press("Escape")
    height = form.bounding_box()["height"]
    assert abs(height - (before - 52)) <= 6
    # the size is remembered
    tab.go(ground.path)
    open_composer(tab)
    assert form.bounding_box()["height"] == height


def test_sending_twice_posts_once(browse, site, me, ground):
    tab = browse(person=me)
    waiting: list[Route] = []
    tab.page.route(re.compile(r"/topic/\d+/posts$"), lambda route: waiting.append(route))
    tab.go(ground.path)
    text = open_composer(tab)
    text.fill("Once is enough.")
    box = send(tab).bounding_box()
    tab.page.mouse.dblclick(box["x"] + 20, box["y"] + box["height"] / 2)
    text.press("Control+Enter")
    text.press("Control+Enter")
    expect(send(tab)).to_be_disabled()
    while waiting:
        waiting.pop(0).continue_()
        expect(posts(tab)).to_have_count(4)
    expect(tab.page.locator("#dock form")).to_have_count(0)
    assert len(tab.sent("POST", f"/topic/{ground.id}/posts")) == 1
    assert site.posts_of(ground) == 4
    # and the button is not left disabled for the next one
    open_composer(tab).fill("A second one.")
    send(tab).click()
    tab.until(lambda: waiting)
    waiting.pop().continue_()
    expect(posts(tab)).to_have_count(5)


def test_sending_twice_without_script_posts_once(browse, site, me, ground):
    tab = browse(person=me, script=False)
    tab.go(f"/topic/{ground.id}/reply")
    tab.page.get_by_label("Text").fill("Once is enough.")
    tab.page.get_by_role("button", name="Send").dblclick()
    tab.at(ground.path + "/4")
    assert site.posts_of(ground) == 4


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_lost_login_keeps_the_text(browse, me, ground, script):
    tab = browse(person=me, script=script)
    page = tab.page
    tab.allowed.add(403)
    tab.go(ground.path)
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = page.get_by_label("Text")
    text.fill("Written for an hour.")
    tab.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".composer").get_by_role("alert")).to_contain_text("You are not logged in.")
    expect(text).to_have_value("Written for an hour.")
    page.get_by_label("Name or e-mail").fill(me.name)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in and send").click()
    expect(page.locator(".composer").get_by_role("alert")).to_contain_text("The name or the password is not right.")
    expect(text).to_have_value("Written for an hour.")
    page.get_by_label("Name or e-mail").fill(me.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in and send").click()
    expect(posts(tab)).to_have_count(4)
    expect(post(tab, 4).locator(".post-body")).to_have_text("Written for an hour.")
    expect(page.locator("form.composer")).to_have_count(0)
    # what stands elsewhere on the page works with the new login
    post(tab, 2).locator(".vote-up").click()
    expect(post(tab, 2).locator(".vote-score")).to_contain_text("1")
    expect(page.locator("#messages")).to_be_empty()
    if script:
        assert len(tab.documents) == 1


def test_a_lost_login_says_so_to_a_vote(browse, me, ground):
    tab = browse(person=me)
    tab.allowed.add(403)
    tab.go(ground.path)
    tab.context.clear_cookies()
    post(tab, 2).locator(".vote-up").click()
    message = tab.page.locator("#messages")
    expect(message).to_contain_text("Log in to do this.")
    message.get_by_role("link", name="Log in").click()
    tab.page.get_by_label("Name or e-mail").fill(me.name)
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.page.get_by_role("button", name="Log in").click()
    tab.at(ground.path)
    expect(message).to_be_empty()
    post(tab, 2).locator(".vote-up").click()
    expect(post(tab, 2).locator(".vote-score")).to_contain_text("1")
    assert len(tab.documents) == 1


def test_an_unreachable_site_is_said_in_words_and_loses_nothing(browse, me, ground):
    tab = browse(person=me)
    tab.go(ground.path)
    text = open_composer(tab)
    text.fill("Written in a tunnel.")
    tab.context.set_offline(True)
    send(tab).click()
    expect(tab.page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(text).to_have_value("Written in a tunnel.")
    expect(send(tab)).to_be_enabled()
    tab.context.set_offline(False)
    assert all("DISCONNECTED" in each or "Failed to fetch" in each for each in tab.problems)
    tab.problems.clear()
    tab.page.get_by_role("alert").get_by_text("cannot be reached").click()
    send(tab).click()
    expect(posts(tab)).to_have_count(4)


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_topic_locked_meanwhile_keeps_the_text(browse, site, me, ground, script):
    tab = browse(person=me, script=script)
    page = tab.page
    tab.allowed.add(403)
    tab.go(ground.path)
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    page.get_by_label("Text").fill("Nearly finished")
    site.lock(ground)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".composer").get_by_role("alert")).to_contain_text("This topic is locked")
    expect(page.get_by_label("Text")).to_have_value("Nearly finished")
    assert site.posts_of(ground) == 3
    tab.go(ground.path)
    expect(page.locator(".topic-head")).to_contain_text("Locked")
    expect(page.locator(".tools")).to_contain_text("This topic is locked")
    expect(page.locator(".tools").get_by_role("link", name="Reply")).to_have_count(0)


def test_a_reply_beyond_what_is_loaded_is_shown_where_it_stands(browse, site, me):
    number = site.posts_of(site.hall) + 1
    tab = browse(person=me)
    tab.go(site.hall.path)
    expect(posts(tab)).to_have_count(20)
    open_composer(tab).fill("At the very end.")
    send(tab).click()
    mine = posts(tab).filter(has_text="At the very end.")
    expect(mine).to_be_focused()
    expect(mine).to_be_in_viewport()
    tab.at(f"{site.hall.path}/{number}")
    expect(tab.page.locator("#announcer")).to_have_text(f"Your reply was posted as number {number}.")
    expect(tab.page.locator("#dock form")).to_have_count(0)
    assert len(tab.documents) == 1


def test_a_reply_with_the_newest_first(browse, me, ground):
    tab = browse(person=me)
    tab.go(ground.path + "?sort=newest_to_oldest")
    open_composer(tab).fill("On top of the others.")
    send(tab).click()
    expect(posts(tab)).to_have_count(4)
    expect(posts(tab).nth(1)).to_contain_text("On top of the others.")
    expect(posts(tab).nth(1)).to_be_focused()


def test_escape_closes_an_empty_composer_only(browse, site, me):
    tab = browse(person=me)
    tab.go(site.hall.path)
    opener = tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True)
    text = open_composer(tab)
    text.fill("Something")
    text.press("Escape")
    expect(text).to_have_value("Something")
    text.fill("")
    text.press("Escape")
    expect(text).to_have_count(0)
    expect(opener).to_be_focused()
    open_composer(tab)
    tab.page.mouse.wheel(0, 100)
    tab.until("scrollY === 100")
    tab.page.locator("#dock").get_by_role("link", name="Close").click()
    expect(text).to_have_count(0)
    expect(opener).to_be_focused()
    assert len(tab.sent("GET", site.hall.path)) == 1, "closing is not a visit"
    assert tab.page.evaluate("scrollY") == 100


def test_the_composer_of_a_phone_fills_the_screen(browse, me, ground):
    tab = browse(person=me, width=390)
    tab.go(ground.path)
    text = open_composer(tab)
    expect(text).to_be_in_viewport(ratio=1)
    expect(send(tab)).to_be_in_viewport(ratio=1)
    assert tab.page.locator("#dock .composer").bounding_box()["width"] == 390
    assert tab.widest() <= 0
    text.fill("From a phone.")
    send(tab).click()
    expect(post(tab, 4)).to_be_in_viewport()
    expect(post(tab, 4)).to_be_focused()


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_tags_are_found(browse, script):
    tab = browse(script=script)
    tab.go("/tags")
    tags = tab.page.locator("#tags a")
    everything = tags.count()
    field = tab.page.get_by_label("Find a tag")
    field.press_sequentially("pract")
    if not script:
        field.press("Enter")
    expect(tags).to_have_count(1)
    expect(tags.first).to_contain_text("practice")
    expect(field).to_have_value("pract")
    field.fill("nothing-like-this")
    if script:
        expect(tab.page.locator("#tags")).to_contain_text("No tag is called like that.")
        field.fill("")
        expect(tags).to_have_count(everything)
        assert len(tab.documents) == 1


def test_completion_of_people_topics_and_emoji(browse, site, me, ground):
    tab = browse(person=me)
    tab.go(ground.path)
    text = open_composer(tab)
    options = tab.page.get_by_role("listbox").get_by_role("option")
    text.press_sequentially("Hello @reader 0")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(text).to_have_attribute("aria-expanded", "true")
    text.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    text.press("Enter")
    expect(text).to_have_value(re.compile(r"^Hello @reader-\d\d $"))
    expect(options).to_have_count(0)
    text.press_sequentially("on a :rock")
    expect(options.first).to_contain_text("rocket")
    text.press("Tab")
    expect(text).to_have_value(re.compile(r"on a :rocket: $"))
    text.press_sequentially("see #hall")
    options.filter(has_text="Practice hall").click()
    expect(text).to_have_value(re.compile(r"see \[Practice hall\]\(/topic/\d+\) $"))
    text.press_sequentially("@re")
    expect(options.first).to_be_visible()
    text.press("Escape")
    expect(options).to_have_count(0)
    expect(text).to_be_focused()


def test_a_new_topic_shows_what_was_asked_before(browse, site, me):
    tab = browse(person=me)
    page = tab.page
    tab.go(site.categories["Questions and feedback"])
    page.get_by_role("link", name="New topic").click()
    page.get_by_label("Title").press_sequentially("Practice hall")
    expect(page.locator("#similar").get_by_role("link", name="Practice hall")).to_be_visible()
    page.get_by_label("Tags").press_sequentially("pract")
    page.get_by_role("listbox").get_by_role("option", name="practice").click()
    expect(page.get_by_label("Tags")).to_have_value("practice, ")
