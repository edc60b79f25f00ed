"""`bin/livery`: the commands of an operator, and of `bin/run`."""

import gc
import sys

import click

from cli import backups, site
from core import config as environment


class App:
    """The application, made only by the commands that need it; some of them `make` a site where there is none."""

    def __init__(self, *, make=False):
        self.make = make

    def __enter__(self):
        self.context = site.application(make=self.make).app_context()
        self.context.push()
        return self

    def __exit__(self, *error):
        self.context.pop()


in_app = App


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def livery():
    """Livery's command line. The environment says which community: LIVERY_DATA, DATABASE_URL, REDIS_URL."""
    try:
        environment.read(make=False)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@livery.command()
def serve():
    """Prepare the database and serve the site (what bin/run does)."""
    # all that is imported stays, so the collector waits until it is (cli/serve.py calls it back)
    gc.disable()
    from cli.serve import serve as run

    run()


@livery.command()
def migrate():
    """Bring the database to the newest form."""
    from cli.prepare import bring_up_to_date
    from core.migrate import head

    with in_app(make=True):
        changed = bring_up_to_date()
        click.echo(f"The database is at revision {head()}" + ("." if changed else ", as it was."))


@livery.command()
def worker():
    """Work through the job queue (when REDIS_URL is set; embedded, the server does it)."""
    from cli.worker import run

    with in_app(make=True):
        run()


@livery.group()
def users():
    """People."""


@users.command("create")
@click.argument("name")
@click.option("--email", default="", help="E-mail address.")
@click.option("--password", help="Password; asked for when absent.")
@click.option("--admin", is_flag=True, help="Make the person an administrator.")
def users_create(name, email, password, admin):
    """Make an account called NAME. On a site that waits to be set up, it is the administrator's, and that is done."""
    from core.db import writing
    from forum import accounts, first_run, groups
    from forum.refusals import Refusal

    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with in_app(make=True):
        _prepare()
        try:
            with writing():
                admin = admin or first_run.pending()  # a site needs one: the first of a site that nobody has set up
                user = accounts.create(name, email, password)
                if admin:
                    groups.make_administrator(user.id)
                first_run.finish()
        except Refusal as refusal:
            raise click.ClickException(refusal.reason) from None
        click.echo(f"{user.name} can log in now" + (", as an administrator." if admin else "."))


@livery.group()
def settings():
    """Settings."""


@settings.command("list")
def settings_list():
    """Show every setting, its value, and what it means. Changed ones have a star."""
    from core import settings as store

    with in_app():
        _prepare()
        for name, setting in sorted(store.declared.items()):
            value = store.get(name)
            star = "*" if value != setting.default else " "
            click.echo(f"{star} {name} = {value}\n      {setting.label}")


@settings.command("document")
def settings_document():
    """Print docs/settings.md, made from the declarations."""
    from cli.document import settings_page

    click.echo(settings_page(), nl=False)


@settings.command("set")
@click.argument("name")
@click.argument("value")
def settings_set(name, value):
    """Set NAME to VALUE."""
    from core import settings as store
    from core.db import writing

    with in_app():
        _prepare()
        try:
            with writing():
                store.put(name, value)
        except store.SettingError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{name} = {store.get(name)}")


@livery.command()
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--message", help="What people read meanwhile.")
@click.option("--minutes", type=click.IntRange(1, 1440), help="When they are told to come again.")
def maintenance(state, message, minutes):
    """Close the site but for administrators (on), or open it again (off). Every process knows with its next request."""
    from core import settings as store
    from core.db import writing

    wanted = {"message": message, "minutes": minutes, "on": "yes" if state == "on" else "no"}
    with in_app():
        try:
            with writing():
                for name, value in wanted.items():
                    if value is not None:
                        store.put(f"maintenance.{name}", str(value))
        except store.SettingError as error:
            raise click.ClickException(str(error)) from None
        click.echo("The site is closed." if state == "on" else "The site is open.")


@livery.group()
def demo():
    """The demo community."""


@demo.command("load")
def demo_load():
    """Load the demo community into an empty database."""
    from cli import demo as community

    with in_app(make=True):
        _prepare()
        if not community.database_is_empty():
            raise click.ClickException("There is a community in this database already; the demo needs an empty one.")
        community.load()
        click.echo("The demo community is here.")


@livery.command()
@click.option("--users", "people", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--topics", default=5000, show_default=True, type=click.IntRange(1))
@click.option("--posts", default=100_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same community.")
@click.option("--huge-topic", default=0, type=click.IntRange(0), help="Add one topic of so many posts.")
@click.option("--huge-category", default=0, type=click.IntRange(0), help="Add one category of so many topics.")
def generate(people, topics, posts, seed, huge_topic, huge_category):
    """Make a synthetic community with realistic skew, for benchmarks."""
    from cli import generate as maker
    from cli import generate_shapes as shapes
    from cli import search_index

    with in_app(make=True):
        _prepare()
        maker.generate(people, topics, posts, seed)
        if huge_topic:
            shapes.huge_topic(huge_topic, seed)
        if huge_category:
            shapes.huge_category(huge_category, seed)
        search_index.catch_up()


@livery.group()
def search():
    """The search index."""


@search.command("rebuild")
def search_rebuild():
    """Make the search index again, from every topic and post. The site may go on meanwhile."""
    from cli import search_index

    with in_app():
        _prepare()
        search_index.rebuild()


@livery.command()
@click.option("--send", "name", metavar="NAME", help="Send NAME a digest of what is new since the last one, now.")
def digests(name):
    """Show who gets digests by mail, how often, and when the next comes."""
    from cli import digests as letters

    with in_app():
        _prepare()
        letters.send(name) if name else letters.show()


@livery.command()
@click.option("--fix", is_flag=True, help="Recount wrong counters, make missing indexes, bring the search up to date.")
def doctor(fix):
    """Check that everything is in order; exits with 1 if something is not."""
    from cli import doctor as checks

    with in_app():
        sys.exit(0 if checks.run(fix=fix) else 1)


@livery.command()
@click.argument("names", nargs=-1)
@click.option("--kills", default=100, show_default=True, help="How often a process is killed, on each database.")
@click.option("--seconds", default=600.0, show_default=True, help="How long the crowd stays.")
@click.option("--writers", default=8, show_default=True)
@click.option("--readers", default=50, show_default=True)
@click.option("--posts", default=2_000_000, show_default=True, help="Posts of the site that is crowded.")
@click.option("--seed", default=1, show_default=True, help="The same seed chooses the same moments.")
def torture(names, seed, **how):
    """Kill, starve and crowd sites made for it; name some of the tortures, or none for all. Touches nothing else."""
    from cli import torture as chamber

    if unknown := set(names) - set(chamber.TORTURES):
        raise click.UsageError(f"There is no {', '.join(unknown)}, only {', '.join(chamber.TORTURES)}.")
    sys.exit(0 if chamber.run(names, chamber.Plan(seed=seed, **how)) else 1)


for _command in backups.COMMANDS:
    livery.add_command(_command)


def _prepare():
    from cli.prepare import prepare

    prepare()


def main():
    """The entry of bin/livery."""
    livery(prog_name="bin/livery")


if __name__ == "__main__":
    main()
