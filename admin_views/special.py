"""Entities whose screens know more than their table, and the screens that are no table."""

from .batch import BatchView
from .case import CaseView
from .dispatch import DispatchView
from .jobs import JobsView
from .parameters import ParametersView
from .recycle import RecycleView
from .search import SearchView
from .roster import (
    AgreementView, AreaView, ChiefView, CommitteeView, HouseholdView, LoadsView, MediatorView, ResidentialAreaView,
    StaffView, TreeView,
)  # fmt: skip
from .system import ReadOnlyView, RoleView, UserView, WorkdayView
from .team import TeamView
from .warnings import WarningsView

ENTITY_VIEWS = {
    "Case": CaseView,
    "Area": AreaView,
    "Chief": ChiefView,
    "Household": HouseholdView,
    "ResidentialArea": ResidentialAreaView,
    "Committee": CommitteeView,
    "Mediator": MediatorView,
    "Staff": StaffView,
    "ResponsibilityAgreement": AgreementView,
    "User": UserView,
    "Role": RoleView,
    "Workday": WorkdayView,
    **dict.fromkeys(
        ("AuditEvent", "AccessEvent", "CaseEvent", "CaseLink", "Extension", "HandlingOpinion", "Notice", "StageRun", "Assignment", "Team", "TeamMember", "TeamChange",
         "Attachment", "Clock", "Comment", "Counter", "CustomEntry", "DeskPresence", "Objection", "Job", "Mention", "SearchEntry", "SavedView", "Setting",
         "SignIn", "SignInFailure", "Todo"),
        ReadOnlyView,
    ),
}  # fmt: skip

CUSTOM_VIEWS = (SearchView, DispatchView, WarningsView, TeamView, TreeView, LoadsView, ParametersView, RecycleView, BatchView, JobsView)
