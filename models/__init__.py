"""The tables. Importing this package makes every one of them known."""

from core.cache import Version
from core.events import Outbox
from core.settings import Change, Stored
from models.audit import Act
from models.bookmarks import Bookmark
from models.categories import Category
from models.drafts import Draft
from models.flags import Flag, FlagEvent, FlagReport
from models.following import Block, CategoryFollow, PersonFollow, TagFollow, TopicFollow
from models.groups import Candidacy, Grant, Group, Membership
from models.layout import NavigationItem, Widget
from models.moves import Move, MovedPost
from models.notifications import Notice
from models.posts import Post, Revision, Vote
from models.queue import Queued
from models.sanctions import NetworkBan, ReasonText, Removal, Sanction, StaffNote
from models.search import SearchQueue
from models.skins import CustomSkin
from models.timeline import TopicEvent
from models.tombstones import Tombstone
from models.topics import CategoryTag, Tag, Topic, TopicTag
from models.unread import ReadMark, ReadTopic
from models.uploads import Upload, UploadLink
from models.users import Account, Handle, User

__all__ = [
    "Account",
    "Act",
    "Block",
    "Bookmark",
    "Candidacy",
    "Category",
    "CategoryFollow",
    "CategoryTag",
    "Change",
    "CustomSkin",
    "Draft",
    "Flag",
    "FlagEvent",
    "FlagReport",
    "Grant",
    "Group",
    "Handle",
    "Membership",
    "Move",
    "MovedPost",
    "NavigationItem",
    "NetworkBan",
    "Notice",
    "Outbox",
    "PersonFollow",
    "Post",
    "Queued",
    "ReadMark",
    "ReadTopic",
    "ReasonText",
    "Removal",
    "Revision",
    "Sanction",
    "SearchQueue",
    "StaffNote",
    "Stored",
    "Tag",
    "TagFollow",
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
