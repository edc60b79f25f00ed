"""The site that a command is for: the application over the environment, or a sentence that says why there is none."""

import tempfile

import click

from core import config as environment


def environ(*, make: bool) -> environment.Config:
    """The environment. Where a command is not to `make` a site, one must be there: a name may be mistyped.

    Raises ClickException with a sentence.
    """
    try:
        config = environment.read(make=False)
        if not (make or config.has_site):
            raise click.ClickException(f"There is no site in {config.data} (LIVERY_DATA). `bin/run` makes one.")
        config = environment.read()
        with tempfile.TemporaryFile(dir=config.data):
            return config
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        words = f"{config.data} cannot be written to ({error.strerror}); Livery keeps its queue and its secret there."
        raise click.ClickException(words) from None


def application(*, make: bool):
    """The application over it. Raises ClickException."""
    from app import create_app

    return create_app(environ(make=make))
