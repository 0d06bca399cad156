"""Entities whose screens know more than their table, and the screens that are no table."""

from .appeal import AppealView
from .appeal_figures import AppealFiguresView
from .batch import BatchView
from .case import CaseView
from .chief_days import ChiefDaysView
from .dispatch import DispatchView
from .door_code import DoorCodeView
from .export_request import ExportRequestView
from .help import HelpView
from .imports import ImportsView
from .jobs import JobsView
from .ledger_design import LedgerView
from .ledgers import LedgersView
from .late_steps import LateStepsView, WhistleFiguresView
from .mediation import ConfirmationView, FollowUpView, HearingView, SessionView, SettlementView
from .message import MessageView
from .monthly import MonthlyReportView
from .orders import ObjectionView, OrderView, UnitView
from .paper_templates import PaperTemplatesView
from .parameters import ParametersView
from .phones import DeviceView, VisitLogView, ZeroReportView
from .plates import CoverageView, PlateView
from .reception import ReceptionDeskView, VisitView
from .recycle import RecycleView
from .search import SearchView
from .roster import (
    AgreementView, AreaView, ChiefView, CommitteeView, HouseholdView, LoadsView, MediatorView, ResidentialAreaView,
    StaffView, TreeView,
)  # fmt: skip
from .situation import SituationView
from .system import ReadOnlyView, RoleView, UserView, WorkdayView
from .team import TeamView
from .tray_plan import TrayPlanView
from .warnings import WarningsView
from .whistle import (
    InstructionView, OrderedView, RecusalView, ReportView, SupervisionView, UrgeView, WhistleView,
)  # fmt: skip

ENTITY_VIEWS = {
    "Appeal": AppealView,
    "ReceptionVisit": VisitView,
    "DoorCode": DoorCodeView,
    "Message": MessageView,
    "Plate": PlateView,
    "Device": DeviceView,
    "VisitLog": VisitLogView,
    "ZeroReport": ZeroReportView,
    "Case": CaseView,
    "Assignment": OrderView,
    "Objection": ObjectionView,
    "MediationSession": SessionView,
    "Hearing": HearingView,
    "MediationAgreement": SettlementView,
    "Confirmation": ConfirmationView,
    "FollowUp": FollowUpView,
    "Unit": UnitView,
    "Area": AreaView,
    "Chief": ChiefView,
    "Household": HouseholdView,
    "ResidentialArea": ResidentialAreaView,
    "Committee": CommitteeView,
    "Ledger": LedgerView,
    "MonthlyReport": MonthlyReportView,
    "Mediator": MediatorView,
    "Staff": StaffView,
    "ResponsibilityAgreement": AgreementView,
    "ExportRequest": ExportRequestView,
    "User": UserView,
    "Role": RoleView,
    "Workday": WorkdayView,
    "Whistle": WhistleView,
    "WhistleTarget": ReportView,
    "Urge": UrgeView,
    "Supervision": SupervisionView,
    "Instruction": InstructionView,
    "InstructionUnit": OrderedView,
    "Recusal": RecusalView,
    **dict.fromkeys(
        ("AccessEvent", "AppealEvent", "Attachment", "AuditEvent", "CaseEvent", "CaseLink", "Clock",
         "Comment", "Counter", "CustomEntry", "DeskPresence", "Extension", "FollowUpCall",
         "HandlingOpinion", "Job", "Mention", "Notice", "Paper", "PaperTemplate", "PhoneCode", "RateCount", "RosterImport",
         "SavedView", "SearchEntry", "Setting", "SignIn", "SignInFailure", "StageRun", "Team",
         "TeamChange", "TeamMember", "Todo", "UrgeContact"),
        ReadOnlyView,
    ),
}  # fmt: skip

CUSTOM_VIEWS = (
    SearchView, DispatchView, TrayPlanView, ReceptionDeskView, AppealFiguresView, WarningsView, TeamView, TreeView, LoadsView, CoverageView,
    ChiefDaysView, ParametersView, PaperTemplatesView, RecycleView, BatchView, ImportsView, JobsView, SituationView, LateStepsView,
    WhistleFiguresView, LedgersView, HelpView,
)  # fmt: skip
