"""The tables. Importing this package makes every one of them known."""

from core.cache import Version
from core.events import Outbox
from core.failures import FailedJob
from core.incidents import Incident
from core.mail_log import Mail
from core.settings import Change, Stored
from models.audit import Act
from models.bookmarks import Bookmark
from models.categories import Category
from models.checkups import Finding
from models.digests import Digest
from models.drafts import Draft
from models.first_run import SetUpCode
from models.flags import Flag, FlagEvent, FlagReport
from models.following import Block, CategoryFollow, PersonFollow, TagFollow, TopicFollow
from models.groups import Candidacy, Grant, Group, Membership
from models.invitations import Invitation
from models.layout import NavigationItem, Widget
from models.moves import Move, MovedPost
from models.notifications import Notice
from models.posts import Post, Revision, Vote
from models.profiles import ProfileEntry, ProfileField
from models.queue import Queued
from models.registration import Registration
from models.sanctions import NetworkBan, ReasonText, Removal, Sanction, StaffNote
from models.search import SearchQueue
from models.sessions import LoginSession
from models.skins import CustomSkin
from models.statistics import Count, CountMark
from models.terms import Acceptance, Terms
from models.timeline import TopicEvent
from models.tombstones import Tombstone
from models.topics import CategoryTag, Tag, Topic, TopicTag
from models.unread import ReadMark, ReadTopic
from models.uploads import Upload, UploadLink
from models.users import Account, FormerName, Handle, User

__all__ = [
    "Acceptance",
    "Account",
    "Act",
    "Block",
    "Bookmark",
    "Candidacy",
    "Category",
    "CategoryFollow",
    "CategoryTag",
    "Change",
    "Count",
    "CountMark",
    "CustomSkin",
    "Digest",
    "Draft",
    "FailedJob",
    "Finding",
    "Flag",
    "FlagEvent",
    "FlagReport",
    "FormerName",
    "Grant",
    "Group",
    "Handle",
    "Incident",
    "Invitation",
    "LoginSession",
    "Mail",
    "Membership",
    "Move",
    "MovedPost",
    "NavigationItem",
    "NetworkBan",
    "Notice",
    "Outbox",
    "PersonFollow",
    "Post",
    "ProfileEntry",
    "ProfileField",
    "Queued",
    "ReadMark",
    "ReadTopic",
    "ReasonText",
    "Registration",
    "Removal",
    "Revision",
    "Sanction",
    "SearchQueue",
    "SetUpCode",
    "StaffNote",
    "Stored",
    "Tag",
    "TagFollow",
    "Terms",
    "Tombstone",
    "Topic",
    "TopicEvent",
    "TopicFollow",
    "TopicTag",
    "Upload",
    "UploadLink",
    "User",
    "Version",
    "Vote",
    "Widget",
]
