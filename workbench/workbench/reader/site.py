"""Write `site/`: the pages, style sheets, scripts and the search index."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

from workbench.reader import pages, search
from workbench.reader.repository import Repository
from workbench.trace import page as trace_page

ASSETS = ("reader.css", "reader.js")


def build(repository: Repository, folder: Path) -> Path:
    """Delete the folder, write the site into it, and return the path of the first page."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "assets" / "packed").mkdir(parents=True)
    for name in ASSETS:
        asset = files("workbench.reader") / "assets" / name
        (folder / "assets" / name).write_bytes(asset.read_bytes())
    index = json.dumps(search.index(repository), ensure_ascii=False, separators=(",", ":"))
    (folder / "assets" / "trace.css").write_text(trace_page.CSS)
    (folder / "assets" / "search.js").write_text(f"window.readerIndex={index}\n")
    for address, html in pages.render(repository):
        path = folder / address
        path.parent.mkdir(exist_ok=True)
        path.write_text(html)
    return folder / "index.html"
