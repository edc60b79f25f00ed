"""What must be known before the database: read from the environment, once."""

import ipaddress
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Config:
    """The environment of one process. Paths are absolute."""

    data: Path
    database_url: str
    redis_url: str
    secret_key: str
    host: str
    port: int
    demo: bool
    url: str = ""
    """The address under which people reach the site, without a slash at its end; empty: whatever they ask for."""
    hosts: tuple[str, ...] = ()
    """The host names that are answered; empty: all."""
    trusted_proxies: tuple[Network, ...] = ()
    log_format: str = "logfmt"
    log_requests: bool = False
    slow_query: int = 200
    """From how many milliseconds on a query is logged; 0: none."""
    slow_page: int = 1000
    """From how many milliseconds on a request is logged; 0: none."""
    metrics_token: str = ""
    worker_metrics: int = 0
    """The port at which a worker shows its metrics; 0: nowhere."""
    mail: str = ""
    """The mail server, as smtp:// or smtps://; empty: mails are laid in a folder."""
    mail_from: str = ""
    s3_url: str = ""
    """The bucket that holds the uploads, without a slash at its end; empty: a folder does."""
    s3_region: str = "us-east-1"
    s3_key: str = ""
    s3_secret: str = ""
    replica_url: str = ""
    """A replica of the database that pages are read from while it is up to date; empty: none."""
    plugins: tuple[str, ...] = ()
    """Modules that are loaded at the start (core/plugins.py)."""

    @property
    def behind_tls(self) -> bool:
        """Whether people reach the site by https, as LIVERY_URL says."""
        return self.url.startswith("https://")

    @property
    def embedded(self) -> bool:
        """Whether one process does everything: no Redis, so cache, limits and jobs live here."""
        return not self.redis_url

    @property
    def has_site(self) -> bool:
        """Whether somebody has begun a site here: its folder is there, and in it the database if that is a file."""
        path = Path(self.database_url.removeprefix("sqlite:///"))
        return self.data.is_dir() and (not path.is_absolute() or path.exists())


def read(environ: dict[str, str] | None = None, *, make: bool = True) -> Config:
    """Reads the environment; docs/OPERATING.md lists what it may say. The data folder is made, unless not told to `make` it.

    Raises ValueError with a sentence for the operator when a value cannot be used.
    """
    env = dict(os.environ) if environ is None else environ
    data = Path(env.get("LIVERY_DATA") or ROOT / "instance").expanduser().resolve()
    if make:
        data.mkdir(parents=True, exist_ok=True)
    url = _site_url(env.get("LIVERY_URL") or "")
    hosts = tuple(env.get("LIVERY_HOSTS", "").replace(",", " ").split())
    return Config(
        data=data,
        database_url=_database_url(env.get("DATABASE_URL") or "", data),
        redis_url=env.get("REDIS_URL") or "",
        secret_key=env.get("SECRET_KEY") or (_kept_secret(data / "secret_key") if make else ""),
        host=env.get("HOST") or "127.0.0.1",
        port=_number(env, "PORT", 8000),
        demo=env.get("LIVERY_DEMO", "1") != "0",
        url=url,
        hosts=(urlsplit(url).netloc, *hosts) if url else hosts,
        trusted_proxies=_networks(env.get("LIVERY_TRUSTED_PROXIES") or ""),
        log_format=_word(env, "LIVERY_LOG", "logfmt", "json"),
        log_requests=env.get("LIVERY_LOG_REQUESTS", "0") != "0",
        slow_query=_number(env, "LIVERY_SLOW_QUERY", 200),
        slow_page=_number(env, "LIVERY_SLOW_PAGE", 1000),
        worker_metrics=_number(env, "LIVERY_WORKER_METRICS", 0),
        metrics_token=env.get("LIVERY_METRICS_TOKEN") or "",
        mail=_mail_server(env.get("LIVERY_MAIL") or ""),
        mail_from=env.get("LIVERY_MAIL_FROM") or "",
        s3_url=_bucket(env),
        s3_region=env.get("LIVERY_S3_REGION") or "us-east-1",
        s3_key=env.get("LIVERY_S3_KEY") or "",
        s3_secret=env.get("LIVERY_S3_SECRET") or "",
        replica_url=_replica_url(env),
        plugins=tuple(env.get("LIVERY_PLUGINS", "").replace(",", " ").split()),
    )


def _number(env: dict[str, str], name: str, otherwise: int) -> int:
    text = env.get(name) or str(otherwise)
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise ValueError(f"{name} must be a number, not {text!r}.")
    return int(text)


def _word(env: dict[str, str], name: str, *words: str) -> str:
    text = env.get(name) or words[0]
    if text not in words:
        raise ValueError(f"{name} must be {' or '.join(words)}, not {text!r}.")
    return text


def _site_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/")):
        raise ValueError(f"LIVERY_URL must be like https://forum.example.org, not {text!r}.")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


def _mail_server(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        raise ValueError("LIVERY_MAIL must be like smtp://name:password@mail.example.org:587.")
    return text


def _bucket(env: dict[str, str]) -> str:
    text = (env.get("LIVERY_S3_URL") or "").rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("LIVERY_S3_URL must be the address of a bucket, like https://s3.example.org/bucket.")
    if text and not (env.get("LIVERY_S3_KEY") and env.get("LIVERY_S3_SECRET")):
        raise ValueError("LIVERY_S3_URL needs LIVERY_S3_KEY and LIVERY_S3_SECRET beside it.")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise ValueError(f"LIVERY_TRUSTED_PROXIES must name addresses or networks: {error}.") from None


def _database_url(url: str, data: Path) -> str:
    if not url:
        return f"sqlite:///{data / 'livery.sqlite3'}"
    found = url if url.startswith("sqlite:") else _postgresql_url(url)
    if not found:
        raise ValueError("DATABASE_URL must begin with sqlite:// or postgresql://.")
    return found


def _postgresql_url(url: str) -> str:
    """The address with the driver that is used; empty when it is not PostgreSQL's. Raises ValueError."""
    if (
        "@" in re.split("[/?]", url.partition("://")[2].partition("@")[2])[0]
    ):  # never shown: it holds half of a password
        raise ValueError("An @ in the name or the password of DATABASE_URL or DATABASE_REPLICA_URL is written as %40.")
    for prefix in ("postgres://", "postgresql://", "postgresql+psycopg://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return ""


def _replica_url(env: dict[str, str]) -> str:
    url = env.get("DATABASE_REPLICA_URL") or ""
    if not url:
        return ""
    found = _postgresql_url(url)
    if not found or not _postgresql_url(env.get("DATABASE_URL") or ""):
        raise ValueError("DATABASE_REPLICA_URL and DATABASE_URL must both begin with postgresql://.")
    return found


def _kept_secret(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret + "\n")
    return secret
