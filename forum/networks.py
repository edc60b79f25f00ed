"""Networks: addresses from which nobody logs in, registers or writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sqlalchemy import select

from core import cache, clock, i18n
from core.db import session
from core.i18n import gettext as _
from forum import audit, panel
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import NetworkBan

RIGHT = "admin:users"
_WIDEST = {4: 8, 6: 20}
"""The shortest prefix that is taken: what is wider holds whole countries."""
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Barred:
    """A network that is kept out."""

    network: IPv4Network | IPv6Network
    reason: str
    until: datetime | None

    @property
    def words(self) -> str:
        """What somebody who comes from there is told."""
        said = _("Nobody can log in or write from your network.")
        if self.until:
            said = _("Nobody can log in or write from your network until %(end)s.", end=i18n.exact(self.until))
        return _("%(said)s Reason: %(why)s", said=said, why=self.reason) if self.reason else said


def index(viewer: Viewer) -> list[NetworkBan]:
    """All networks that are kept out, the newest first; those whose time is over, too. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return list(session().scalars(select(NetworkBan).order_by(NetworkBan.id.desc()).limit(_LISTED)))


def get(viewer: Viewer, ban_id: int) -> NetworkBan:
    """One of them. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    found = session().get(NetworkBan, ban_id, populate_existing=True)
    if found is None:
        raise Missing
    return found


def barred(address: str) -> Barred | None:
    """The network that keeps an address out just now. No query when nothing changed."""

    def load() -> list[Barred]:
        rows = session().execute(select(NetworkBan.network, NetworkBan.reason, NetworkBan.until).limit(_LISTED))
        return [Barred(ip_network(row.network), row.reason, row.until) for row in rows]

    found = cache.keep("network_bans", load, "networks")
    if not found:
        return None
    try:
        at = ip_address(address)
    except ValueError:
        return None
    at = getattr(at, "ipv4_mapped", None) or at
    return next(
        (each for each in found if at in each.network and not (each.until and clock.passed(each.until))), None
    )  # fmt: skip


def bar(viewer: Viewer, form: Mapping[str, str], own_address: str) -> None:
    """Keeps a network out. Raises Forbidden, Invalid for what is no network, too wide, or holds one's own address."""
    panel.guard(viewer, RIGHT)
    try:
        network = ip_network(form.get("network", "").strip(), strict=False)
    except ValueError:
        raise Invalid("network", _("Write an address or a network like 203.0.113.0/24 or 2001:db8::/32.")) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise Invalid("network", _("That is too wide: /%(most)s at most.", most=_WIDEST[network.version]))
    if _holds(network, own_address):
        raise Invalid("network", _("You are in this network yourself."))
    reason, until = " ".join(form.get("reason", "").split()), _end(form.get("until", ""))
    if len(reason) > 500 or "\x00" in reason:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=500))
    row = session().scalar(select(NetworkBan).where(NetworkBan.network == str(network))) or NetworkBan()
    row.network, row.reason, row.until, row.by_id, row.at = str(network), reason, until, viewer.id, clock.now()
    session().add(row)
    session().flush()
    cache.bump("networks")
    audit.note(viewer, "network.barred", name=row.network, detail=reason)


def free(viewer: Viewer, ban_id: int) -> None:
    """Lets a network in again. Raises Forbidden, Missing."""
    row = get(viewer, ban_id)
    audit.note(viewer, "network.freed", name=row.network)
    session().delete(row)
    session().flush()
    cache.bump("networks")


def _holds(network: IPv4Network | IPv6Network, address: str) -> bool:
    try:
        at = ip_address(address)
    except ValueError:
        return False
    return (getattr(at, "ipv4_mapped", None) or at) in network


def _end(written: str) -> datetime | None:
    if not written:
        return None
    try:
        until = datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("until", _("Write the time like 2027-01-31 18:30.")) from None
    if until <= clock.now():
        raise Invalid("until", _("Choose an end that is still to come."))
    return until
