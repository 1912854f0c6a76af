"""The page in a real browser: what it looks like, and what its keys and buttons do.

Skipped where no Chromium is installed (`apt-get install chromium`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[2] / "fixtures" / "reports" / "shop.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
WIDTH, HEIGHT = 900, 600

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: the page is not looked at"),
    pytest.mark.xdist_group("browser"),
]

# What a test does to the page, and what it then reads from it.
PROBE = """<script>
addEventListener("load", () => {
  const event = (key) => new KeyboardEvent("keydown", { key, bubbles: true });
  const press = (key) => (document.activeElement || document.body).dispatchEvent(event(key));
  const all = () => [...document.querySelectorAll(".item")];
  const shown = () => all().filter((item) => !item.hidden && !item.closest("section").hidden);
  const result = (() => { %s })();
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(result);
  document.body.append(out);
});
</script>"""


def chromium(folder: Path, *arguments: str) -> str:
    """What a headless Chromium prints; its profile is in a folder of its own."""
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command += [
        f"--user-data-dir={folder / 'profile'}",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        *arguments,
    ]
    environment = os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def probed(folder: Path, script: str, anchor: str = "") -> object:
    """What a script returns once the page is loaded."""
    page = folder / "page.html"
    page.write_text(GOLDEN.read_text(encoding="utf-8").replace("</body>", PROBE % script + "</body>"), encoding="utf-8")
    dom = chromium(folder, "--virtual-time-budget=3000", "--dump-dom", f"{page.as_uri()}{anchor}")
    match = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL)
    assert match, dom[-500:]
    return json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def screenshot(folder: Path, *arguments: str) -> tuple[int, int, list[bytes]]:
    """Width, height and the pixels of each row of what the page looks like."""
    file = folder / "page.png"
    chromium(folder, f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={file}", *arguments, GOLDEN.as_uri())
    return pixels(file.read_bytes())


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Decode a PNG of eight bits a channel, without palette or interlacing (the PNG specification, 9.2)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    size = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, rows, before = zlib.decompress(data), list[bytes](), bytes(width * size)
    for start in range(0, len(raw), width * size + 1):
        before = unfiltered(raw[start], raw[start + 1 : start + 1 + width * size], before, size)
        rows.append(before)
    return width, height, [b"".join(row[i : i + 3] for i in range(0, len(row), size)) for row in rows]


def unfiltered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    """A row of pixels without its filter."""
    out = bytearray(line)
    for i in range(len(out)):
        left = out[i - size] if i >= size else 0
        up, corner = above[i], above[i - size] if i >= size else 0
        match kind:
            case 1:
                out[i] = (out[i] + left) & 255
            case 2:
                out[i] = (out[i] + up) & 255
            case 3:
                out[i] = (out[i] + (left + up) // 2) & 255
            case 4:
                guess = left + up - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
                out[i] = (out[i] + nearest[2]) & 255
            case _:
                pass
    return bytes(out)


def colours(rows: list[bytes]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(row[i : i + 3]) for row in rows[::3] for i in range(0, len(row), 9))


@pytest.mark.parametrize(
    ("arguments", "paper", "card", "red"),
    [
        pytest.param([], (0xFB, 0xFA, 0xF7), (0xFF, 0xFF, 0xFF), (0xB3, 0x26, 0x1E), id="light"),
        pytest.param(
            ["--blink-settings=preferredColorScheme=0"],
            (0x14, 0x18, 0x1B),
            (0x1C, 0x22, 0x26),
            (0xFF, 0x9A, 0x92),
            id="dark",
        ),
    ],
)
def test_it_looks_like_a_page(
    arguments: list[str], paper: tuple[int, ...], card: tuple[int, ...], red: tuple[int, ...], tmp_path: Path
) -> None:
    width, height, rows = screenshot(tmp_path, *arguments)
    assert (width, height) == (WIDTH, HEIGHT)
    found = colours(rows)
    assert {colour for colour, _ in found.most_common(2)} == {paper, card}
    # The bar, the badges and the edges of what fails.
    assert found[red] > 200
    # Text: many shades between ink and paper.
    assert len(found) > 100


# By name, what is done to the page and what it is then like.
STEPS = {
    "buttons": """
      const before = shown().length;
      document.querySelector('.state[data-state="fail"]').click();
      const states = [...new Set(shown().map((item) => item.dataset.state))].sort();
      const text = document.getElementById("shown").textContent;
      const sections = [...document.querySelectorAll("main > section")].filter((section) => !section.hidden).length;
      return { before, after: shown().length, states, text, sections };
    """,
    "words": """
      press("/");
      const find = document.getElementById("find");
      const focused = document.activeElement === find;
      const search = (words) => { find.value = words; find.dispatchEvent(new Event("input")); };
      search("redis.conf APPENDONLY");
      const found = shown().map((item) => item.id);
      search("xyzzy");
      const none = !document.querySelector(".none").hidden;
      press("Escape");
      return { focused, found, none, left: document.activeElement !== find };
    """,
    "keys": """
      const at = () => document.activeElement.closest(".item").id;
      press("j"); const first = at();
      press("j"); const second = at();
      press("k"); const again = at();
      press("o"); const open = shown().every((item) => item.open);
      press("c"); const closed = shown().every((item) => !item.open);
      press("1"); const hidden = shown().every((item) => item.dataset.state !== "fail");
      press("0"); const every = shown().length === all().length;
      return { first, second, again, open, closed, hidden, every };
    """,
    "evidence": """
      const item = document.getElementById("config.acks-late");
      const rows = [...item.querySelectorAll(".evidence > li")];
      const before = rows.filter((row) => !row.hidden).length;
      item.querySelector(".more").click();
      return { before, all: rows.every((row) => !row.hidden) };
    """,
    "counts": """
      const number = (button) => [button.dataset.state, Number(button.querySelector("b").textContent)];
      const counts = () => Object.fromEntries([...document.querySelectorAll(".state")].map(number));
      const find = document.getElementById("find");
      const before = counts();
      find.value = "acks-late"; find.dispatchEvent(new Event("input"));
      const during = counts();
      const expected = Object.fromEntries(Object.keys(before).map(
        (state) => [state, shown().filter((item) => item.dataset.state === state).length]));
      find.value = ""; find.dispatchEvent(new Event("input"));
      return { before, during, expected, after: counts() };
    """,
    "covered": """
      const above = (a, b) => a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
      for (const item of all()) item.open = true;
      const covered = [...document.querySelectorAll(".steps pre")].filter((block) => {
        const button = block.querySelector("button").getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(block.querySelector("code"));
        return [...range.getClientRects()].some((line) => above(line, button));
      });
      for (const item of all()) item.open = false;
      return covered.map((block) => block.textContent);
    """,
    "commands": """
      const blocks = [...document.querySelectorAll(".steps pre")];
      return blocks.length > 0 && blocks.every((block) => block.querySelector("button").textContent === "Copy");
    """,
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the page is like after each of the steps, all filters off in between."""
    steps = ", ".join(f"{name}: (() => {{ {script} }})(), reset{name}: press('0')" for name, script in STEPS.items())
    result = probed(tmp_path_factory.mktemp("page"), f"return {{ {steps} }};")
    assert isinstance(result, dict)
    return result


def test_buttons_show_and_hide_states(page: dict[str, Any]) -> None:
    found = page["buttons"]
    assert found["states"] == ["manual", "unknown"]
    assert found["after"] < found["before"]
    assert found["text"] == f"{found['after']} of {found['before']} items"
    assert 0 < found["sections"] < 15


def test_words_are_found(page: dict[str, Any]) -> None:
    assert page["words"] == {"focused": True, "found": ["broker.persistence"], "none": True, "left": True}


def test_keys_move_open_and_filter(page: dict[str, Any]) -> None:
    found = dict(page["keys"])
    assert [found.pop(name) for name in ("first", "second", "again")] == [
        "broker.redis-version",
        "broker.persistence",
        "broker.redis-version",
    ]
    assert found == {"open": True, "closed": True, "hidden": True, "every": True}


def test_long_evidence_unfolds(page: dict[str, Any]) -> None:
    assert page["evidence"] == {"before": 5, "all": True}


def test_states_count_what_is_found(page: dict[str, Any]) -> None:
    found = page["counts"]
    assert found["during"] == found["expected"] != found["before"]
    assert found["after"] == found["before"]


def test_no_command_runs_below_its_button(page: dict[str, Any]) -> None:
    assert page["covered"] == []


def test_commands_can_be_copied(page: dict[str, Any]) -> None:
    assert page["commands"] is True


def test_an_address_leads_to_its_item(tmp_path: Path) -> None:
    script = """
      const item = document.getElementById("beat.schedules");
      return { open: item.open, hidden: item.hidden, others: document.querySelectorAll(".item[open]").length };
    """
    assert probed(tmp_path, script, "#beat.schedules") == {"open": True, "hidden": False, "others": 1}


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(width: int, tmp_path: Path) -> None:
    script = """
      for (const item of all()) item.open = true;
      const root = document.documentElement;
      parent.postMessage(JSON.stringify({ width: root.clientWidth, needed: root.scrollWidth }), "*");
    """
    text = GOLDEN.read_text(encoding="utf-8").replace("</body>", PROBE % script + "</body>")
    (tmp_path / "inner.html").write_text(text, encoding="utf-8")
    frame = tmp_path / "page.html"
    # Chromium's own window is never as narrow as a telephone.
    frame.write_text(
        f"<iframe src='inner.html' style='width:{width}px;height:800px;border:0'></iframe><pre id='probe'></pre>"
        "<script>onmessage = (event) => { document.getElementById('probe').textContent = event.data; };</script>"
    )
    dom = chromium(tmp_path, "--virtual-time-budget=3000", "--window-size=1400,900", "--dump-dom", frame.as_uri())
    match = re.search(r'<pre id="probe">(.*?)</pre>', dom)
    assert match
    assert json.loads(match[1]) == {"width": width, "needed": width}


def test_everything_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    chromium(tmp_path, f"--print-to-pdf={file}", "--no-pdf-header-footer", GOLDEN.as_uri())
    pages = len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))
    # Folded it would be six or so.
    assert pages > 12
