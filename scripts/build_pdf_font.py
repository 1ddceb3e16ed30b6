"""Cut the font of our PDFs: Noto Sans SC (SIL Open Font License) down to what receipts and statements are written with.

    python scripts/build_pdf_font.py      fetch with `npm pack`, subset, write payments/documents/fonts

Needs `fonttools`, which the platform itself does not. The font is embedded in each PDF as the few characters it uses,
because the Chinese fonts a PDF may merely name are empty boxes on a machine that lacks them.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@expo-google-fonts/noto-sans-sc@0.4.3"
SOURCE = "400Regular/NotoSansSC_400Regular.ttf"
TARGET = Path(__file__).resolve().parent.parent / "payments" / "documents" / "fonts"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028), 0x2030, 0x20AC, 0x2190, 0x2192, 0x2212]
LARGEST = 2_500_000


def characters() -> set[int]:
    """Latin with its accents, currency signs, and every character of GB 2312."""
    chinese = {
        ord(text)
        for high in range(0xA1, 0xF8)
        for low in range(0xA1, 0xFF)
        if len(text := bytes([high, low]).decode("gb2312", "ignore")) == 1
    }
    return chinese | set(LATIN) | set(range(0x20A0, 0x20C0)) | {0xFFE5}


def fetch(into: Path) -> Path:
    packed = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["npm", "pack", PACKAGE, "--silent"],  # noqa: S607 - npm is found on PATH by intent
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(into / packed.stdout.strip().splitlines()[-1]) as tar:
        tar.extractall(into, filter="data")
    return into / "package"


def cut(source: Path, target: Path) -> int:
    from fontTools import subset

    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "BASE", "vhea", "vmtx", "STAT"]
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    subset.save_font(font, target, options)
    return target.stat().st_size


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = fetch(Path(folder))
        size = cut(root / SOURCE, TARGET / "NotoSansSC-Regular.ttf")
        (TARGET / "OFL.txt").write_bytes((root / "LICENSE_FONT").read_bytes())
    sys.stdout.write(f"{size} bytes\n")
    return 0 if size <= LARGEST else 1


if __name__ == "__main__":
    raise SystemExit(main())
