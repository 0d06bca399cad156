"""The same work by django-import-export in bulk mode; run with an interpreter that has it.

    django_import.py FILE BEFORE [defaults|lean]

BEFORE is the sheet as the table holds it, FILE the one with changed rows. Both are read before the clock starts to
fill the table; what is timed is one `import_data` of FILE, its reading included. `defaults`: `use_bulk` and nothing
else set, so each row is looked up by its key and compared. `lean`: all that its manual offers to go faster (rows held
in memory, nothing compared, nothing reported).
"""

import sys
import tempfile
import time
from pathlib import Path

import django
from django.conf import settings

COLUMNS = {
    "household_no": "户号", "head_name": "户主", "mobile": "联系电话", "head_id_number": "户主身份证号", "neighborhood": "所属邻",
    "residential_area": "小区", "building": "楼栋", "unit_no": "单元", "floor_no": "楼层", "room_no": "室号", "address": "门牌地址",
    "use": "居住状态", "member_count": "人口数", "note": "备注", "number": "序号",
}  # fmt: skip
NUMBERS = ("floor_no", "member_count", "number")


def main(path: str, before: str, way: str) -> None:
    folder = Path(tempfile.mkdtemp())
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "d.db")}},
        INSTALLED_APPS=["import_export"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True,
    )  # fmt: skip
    django.setup()
    import tablib
    from django.db import connection, models
    from import_export import fields, resources, widgets
    from import_export.instance_loaders import CachedInstanceLoader

    texts = {n: models.CharField(max_length=200, null=True, unique=n == "household_no") for n in COLUMNS if n not in NUMBERS}
    numbers = {name: models.IntegerField(null=True) for name in NUMBERS}
    home = type("Home", (models.Model,), {**texts, **numbers, "__module__": "__main__", "Meta": type("Meta", (), {"app_label": "import_export"})})
    with connection.schema_editor() as editor:
        editor.create_model(home)
    widget = {name: widgets.IntegerWidget() if name in NUMBERS else widgets.CharWidget() for name in COLUMNS}
    declared = {name: fields.Field(attribute=name, column_name=label, widget=widget[name]) for name, label in COLUMNS.items()}
    meta = {"model": home, "import_id_fields": ("household_no",), "fields": tuple(COLUMNS), "use_bulk": True}
    if way == "lean":
        meta |= {"instance_loader_class": CachedInstanceLoader, "skip_diff": True, "report_skipped": False}
    resource = type("HomeResource", (resources.ModelResource,), {**declared, "Meta": type("Meta", (), meta)})

    def sheet(file: str) -> tablib.Dataset:
        return tablib.Dataset().load(Path(file).read_bytes(), format="xlsx")

    names = {label: name for name, label in COLUMNS.items()}
    home.objects.bulk_create([home(**{names[k]: v for k, v in row.items()}) for row in sheet(before).dict], batch_size=500)
    began, spent = time.perf_counter(), time.process_time()
    result = resource().import_data(sheet(path), raise_errors=True)
    print(time.perf_counter() - began, time.process_time() - spent)
    assert result.totals["update"] == home.objects.count(), dict(result.totals)


if __name__ == "__main__":
    main(*sys.argv[1:])
