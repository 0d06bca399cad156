"""What the rosters need beyond a table: the tree, the loads, moving households, replacing a chief."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from models import describe
from models.area import Area
from models.codes import AreaKind
from models.household import Household
from models.neighbor import Chief
from services import backlog
from services.keeping import records
from services.lists import lookups
from services.places import areas, chiefs, committees
from services.access import Permission
from services.due_dates import local_day
from services.errors import Refused
from services.lists.filters import Filter
from services.lists.listing import Listing
from services.lists.queries import Query, Sort
from services.showing import shown, text

from .acting import actor
from .attachments import Attached
from .base import CustomView, EntityView
from .phones import PhoneCodes


class AreaView(EntityView):
    """Areas; the tree page is the way to walk them."""

    presets = {
        "全部": "", "村社区": "kind=community&kind=village", "片": "kind=sector", "组": "kind=group",
        "邻": "kind=neighborhood",
    }  # fmt: skip

    def buttons(self, row):
        found = []
        if actor().may(Permission.TREE):
            found.append({"label": "在区域树中查看", "url": url_for("area_tree.index_view", id=row.id), "is_primary": False, "method": "get", "confirm": None})
        if row.kind is AreaKind.NEIGHBORHOOD and actor().may(Permission.RESTRUCTURE):
            found.append({"label": "调整联户", "url": url_for("area_loads.restructure_view", id=row.id), "is_primary": True, "method": "get", "confirm": None})
        return found  # fmt: skip


class TreeView(CustomView):
    """Walks the tree 街道–村社区–片–组–邻 with counts at each node."""

    permission = Permission.TREE
    group = "名册"

    def __init__(self):
        super().__init__(name="区域树", endpoint="area_tree")

    @expose("/")
    def index_view(self):
        wanted = request.args.get("id")
        node = records.find(db.session, Area, wanted) if wanted else areas.top(db.session, actor())
        branch = areas.branch(db.session, node, actor())
        chief = chiefs.in_office(db.session, node.id)
        return self.render(
            "admin/tree.html",
            node={"name": node.full_name, "kind": node.kind.label, "code": node.code, "chief": _chief(chief)},
            path=[{"name": a.name, "url": url_for(".index_view", id=a.id)} for a in branch.path],
            children=[
                {"name": c.name, "kind": c.kind, "url": url_for(".index_view", id=c.id),
                 "chief": _masked_name(c.chief_name) if c.chief_name else None,
                 "counts": [{"label": k, "figure": f"{v:,}"} for k, v in c.counts.items()], "warning": c.warning}
                for c in branch.children
            ],
            totals=[{"label": k, "figure": f"{v:,}"} for k, v in branch.totals.items()],
            divisions=branch.divisions,
            actions=self._actions(node),
        )  # fmt: skip

    @staticmethod
    def _actions(node: Area) -> list[dict]:
        me, found = actor(), []
        if me.may("area:view"):
            found.append({"label": "区域资料", "url": url_for("area.details_view", id=node.id)})
        if me.may("household:view"):
            found.append({"label": "查看住户", "url": url_for("household.index_view", neighborhood=node.id)})
        if me.may("chief:view"):
            found.append({"label": "查看三长", "url": url_for("chief.index_view", area=node.id)})
        if node.kind is AreaKind.NEIGHBORHOOD and me.may(Permission.RESTRUCTURE):
            found.append({"label": "调整联户", "url": url_for("area_loads.restructure_view", id=node.id)})
        return found


def _chief(chief: Chief | None) -> dict | None:
    if chief is None:
        return None
    described = describe(Chief)
    return {
        "name": shown(described["name"], chief.name, actor(), {}), "kind": chief.kind.label,
        "phone": shown(described["mobile"], chief.mobile, actor(), {}),
        "url": url_for("chief.details_view", id=chief.id) if actor().may("chief:view") else None,
    }  # fmt: skip


def _masked_name(name: str) -> str:
    return shown(describe(Chief)["name"], name, actor(), {})


class Unconfirmed(Refused):
    """A warning that a second press of the button overrides."""


class LoadsView(CustomView):
    """Neighbourhoods with too many or too few households or without a chief; moving households, splitting."""

    permission = Permission.RESTRUCTURE
    group = "名册"

    def __init__(self):
        super().__init__(name="联户调整", endpoint="area_loads")

    def menu_count(self):
        return backlog.without_chief()

    @expose("/")
    def index_view(self):
        show = request.args.get("show", "over")
        kinds = areas.load_kinds(db.session)
        if show not in kinds:
            raise Refused("没有这个分类，请从页面上的标签选择")
        rows, counts = areas.loads(db.session, show)
        fewest, most = areas.bounds(db.session)
        return self.render(
            "admin/loads.html", heading="联户调整", low=fewest, high=most,
            tabs=[
                {"label": label, "count": counts[key], "url": url_for(".index_view", show=key), "is_current": key == show}
                for key, label in kinds.items()
            ],
            rows=[
                {"name": r.full_name, "count": r.household_count, "chief": _masked_name(r.chief_name) if r.chief_name else "无邻长",
                 "url": url_for(".restructure_view", id=r.id), "warning": areas.load_warning(db.session, r.household_count)}
                for r in rows
            ],
        )  # fmt: skip

    @expose("/restructure/", methods=("GET", "POST"))
    def restructure_view(self):
        node = records.find(db.session, Area, request.args.get("id", ""))
        if node.kind is not AreaKind.NEIGHBORHOOD:
            raise Refused("只能在“邻”这一级调整联户")
        warnings, status, must_confirm = [], 200, False
        chosen = request.form.getlist("household")
        if request.method == "POST":
            try:
                with transaction() as session:
                    said = self._move(session, node, chosen)
                for sentence in said:
                    flash(sentence, "warning")
                flash(f"已调整{len(chosen)}户", "success")
                return redirect(url_for(".restructure_view", id=node.id))
            except Refused as no:
                warnings, status, must_confirm = [no.sentence], 422, isinstance(no, Unconfirmed)
        page = self._page(node, chosen, warnings)
        return self.render("admin/restructure.html", must_confirm=must_confirm, **page), status

    def _move(self, session, node: Area, chosen: list[str]) -> list[str]:
        name = request.form.get("new_name", "").strip()
        target = request.form.get("target", "").strip()
        if not chosen:
            raise Refused("请先勾选要调整的住户")
        if bool(name) == bool(target):
            raise Refused("请选择调整到哪个邻，或填写新邻的名称，二者选一")
        if name:
            return areas.split(session, node, chosen, name, actor(), now())[1]
        wanted = lookups.checked(session, "调整到", Area, target, ("neighborhood",))
        foreseen = areas.foresee(session, chosen, wanted)
        if foreseen and not request.form.get("confirmed"):
            raise Unconfirmed("；".join(foreseen) + "。确定要这样，请再点“仍然调整”")
        return areas.reassign(session, chosen, wanted, actor(), now())

    @staticmethod
    def _page(node: Area, chosen: list[str], warnings: list[str]) -> dict:
        described = describe(Household)
        query = Query([Filter(described["neighborhood"], [node.id])], page_size=100, sorts=[Sort(described["household_no"])])
        page = Listing(db.session, Household, actor()).page(query, ["household_no", "head_name", "address", "residential_area"], {})
        chief = chiefs.in_office(db.session, node.id)
        fewest, most = areas.bounds(db.session)
        return {
            "heading": f"调整联户 — {node.full_name}", "warnings": warnings,
            "node": {"name": node.full_name, "count": areas.household_count(db.session, node.id), "chief": _chief(chief), "url": url_for("area.details_view", id=node.id)},
            "households": [
                {"id": r.id, "no": r.values["household_no"], "name": text(r.values["head_name"]),
                 "address": text(r.values["address"]), "is_chosen": r.id in chosen}
                for r in page.rows
            ],
            "lookup_url": url_for("household.lookup_view", field="neighborhood"),
            "target": request.form.get("target", ""), "target_display": lookups.label(db.session, Area, request.form.get("target"), actor()),
            "new_name": request.form.get("new_name", ""), "post_url": request.full_path, "low": fewest, "high": most,
            "cancel_url": url_for(".index_view"),
        }  # fmt: skip


class ChiefView(PhoneCodes, Attached, EntityView):
    """The three chiefs; a chief in office is followed by “换人”, which ends the term by itself."""

    presets = {
        "全部": "", "在任": "ended_on=none", "片长": "kind=sector&ended_on=none", "组长": "kind=group&ended_on=none",
        "邻长": "kind=neighborhood&ended_on=none", "村（居）民代表": "is_representative=yes&ended_on=none",
    }  # fmt: skip

    def badges(self, row):
        return [{"text": row.kind.label, "tone": "info"}, {"text": "在任" if row.ended_on is None else "已卸任", "tone": "ok" if row.ended_on is None else "muted"}]

    def buttons(self, row):
        if row.ended_on is not None or not self.may("edit"):
            return super().buttons(row)
        url = self.link("create_view", replaces=row.id, area=row.area_id)
        return [{"label": "换人", "url": url, "is_primary": True, "method": "get", "confirm": None}, *super().buttons(row)]

    def suggested(self):
        return {"started_on": local_day(now())}

    def heading_of_new(self):
        replaces = request.args.get("replaces")
        return f"换人：接替{lookups.label_of(self.find(replaces), actor())}" if replaces else super().heading_of_new()

    def save(self, session, row, is_new):
        replaces = request.args.get("replaces")
        if is_new and replaces:
            self.require("edit")
            chiefs.replace(session, self.find(replaces), row, actor(), now())
        else:
            super().save(session, row, is_new)


class HouseholdView(Attached, EntityView):
    presets = {
        "全部": "", "自住": "use=owner", "出租": "use=rented", "空置": "use=vacant", "没有归邻": "neighborhood=none",
    }  # fmt: skip

    def buttons(self, row):
        if row.neighborhood_id and actor().may(Permission.RESTRUCTURE):
            url = url_for("area_loads.restructure_view", id=row.neighborhood_id)
            return [{"label": "调整联户", "url": url, "is_primary": False, "method": "get", "confirm": None}]
        return []


class CommitteeView(Attached, EntityView):
    def badges(self, row):
        lacking = committees.shortfalls(db.session, row)
        if not lacking:
            return [{"text": "组成符合规定", "tone": "ok"}]
        return [{"text": sentence, "tone": "warn"} for sentence in lacking]


class ResidentialAreaView(Attached, EntityView):
    """Residential areas with their papers."""


class StaffView(EntityView):
    presets = {"全部": "", "领导班子": "is_leader=yes", "工作人员": "is_leader=no&is_leader=none"}


class MediatorView(Attached, EntityView):
    presets = {"全部": "", "专岗": "employment=dedicated", "专职": "employment=full_time", "兼职": "employment=part_time"}


class AgreementView(Attached, EntityView):
    presets = {"全部": "", "未签名单": "status=draft", "已签订": "status=signed"}

    def may_attach(self):
        return True  # a unit sends in its signed copy

    def menu_count(self):
        return backlog.unsigned(local_day(now())) if self.may("edit") else None

    def buttons(self, row):
        if row.signed_on or not self.can_change():
            return []
        return [{"label": "签订", "url": self.link("edit_view", id=row.id) + "#f-signed_on", "is_primary": True,
                 "method": "get", "confirm": None}]  # fmt: skip

    def tone(self, name, values):
        if name == "due_on" and text(values.get("status")) == "未签订" and values["due_on"] < local_day(now()):
            return "bad"
        if name == "status":
            return "ok" if text(values["status"]) == "已签订" else "warn"
        return None
