"""The same file into the same columns by django-import-export in bulk mode; run with an interpreter that has it."""

import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings

COLUMNS = {
    "household_no": "户号", "head_name": "户主", "mobile": "联系电话", "head_id_number": "户主身份证号", "neighborhood": "所属邻",
    "residential_area": "小区", "building": "楼栋", "unit_no": "单元", "floor_no": "楼层", "room_no": "室号", "address": "门牌地址",
    "use": "居住状态", "member_count": "人口数", "note": "备注", "number": "序号",
}  # fmt: skip


def main(path: str) -> None:
    folder = Path(tempfile.mkdtemp())
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "d.db")}},
        INSTALLED_APPS=["import_export"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True,
    )  # fmt: skip
    django.setup()
    import tablib
    from django.db import connection, models
    from import_export import fields, resources

    texts = {name: models.CharField(max_length=200, null=True, unique=name == "household_no") for name in COLUMNS if name not in ("floor_no", "member_count")}
    numbers = {name: models.IntegerField(null=True) for name in ("floor_no", "member_count")}
    home = type("Home", (models.Model,), {**texts, **numbers, "__module__": "__main__", "Meta": type("Meta", (), {"app_label": "import_export"})})
    with connection.schema_editor() as editor:
        editor.create_model(home)
    declared = {name: fields.Field(attribute=name, column_name=label) for name, label in COLUMNS.items()}
    meta = type("Meta", (), {"model": home, "import_id_fields": ("household_no",), "fields": tuple(COLUMNS), "use_bulk": True, "batch_size": 1000, "skip_diff": True})
    resource = type("HomeResource", (resources.ModelResource,), {**declared, "Meta": meta})
    data = tablib.Dataset().load(Path(path).read_bytes(), format="xlsx")
    result = resource().import_data(data, raise_errors=True)
    print("django-import-export:", dict(result.totals), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
