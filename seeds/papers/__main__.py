"""Write every shipped template anew."""

from . import coordination, mediation, petition, report
from .forms import FOLDER


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for module in (mediation, petition, coordination, report):
        for key, form in module.forms().items():
            (FOLDER / f"{key}.docx").write_bytes(form.content())


if __name__ == "__main__":
    main()
