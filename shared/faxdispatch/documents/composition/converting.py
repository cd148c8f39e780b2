"""Converts word processor files and web pages to PDF by LibreOffice, in a process with limits and without macros."""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from faxdispatch.documents.composition.boxes import boxes
from faxdispatch.errors import BadInput
from faxdispatch.text.plain import named

CONVERTED = {".docx": "docx", ".doc": "doc", ".rtf": "rtf", ".txt": "txt", ".html": "html"}
_SECONDS = 60
_MEMORY = 4_000_000_000
_LARGEST = 200_000_000
_FOREIGN = re.compile(
    rb"(?:src|srcset|href|data|poster|background)\s*=\s*+[\"']?+\s*+(?!#|data:image/(?:png|jpeg|gif);|mailto:|tel:)"
    rb"|url\(|<\s*script|@import",
    re.IGNORECASE,
)
"""Elements and attributes by which a web page loads other files, apart from hyperlinks."""
_CODED = re.compile(rb"\A(?:\xff\xfe|\xfe\xff)|charset\s*=|\A\s*<\?xml[^>]*\sencoding\s*=", re.IGNORECASE)
"""By which a web page says its encoding."""
_HEAD = 4096
"""Bytes of a web page in which it may say so."""
_HYPERLINK = re.compile(rb"(<a\s[^<>]*?)\bhref\s*=", re.IGNORECASE)
"""Hyperlinks, which do not matter on paper."""
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop>
</item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyName" oor:op="fuse">
<value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value>
</prop></item>
</oor:items>
"""
"""Settings of LibreOffice: no macros, nothing from elsewhere, and an invalid proxy."""


def office() -> str | None:
    """Return the command of LibreOffice, or None if it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def to_pdf(content: bytes, kind: str) -> bytes:
    """Convert a document; `kind` is one of `CONVERTED`.

    Raises:
        BadInput: LibreOffice is not installed or needs more than a minute, the page loads other files, or no font has
            one of its characters.
    """
    command = office()
    if command is None:
        raise BadInput(
            f"document: a {kind[1:].upper()} file is converted by LibreOffice, which is not installed here; save it "
            f"as PDF"
        )
    if kind == ".html" and loads_from_elsewhere(content):
        raise BadInput("document: the web page loads pictures, styles or programs from elsewhere; save it as PDF")
    if kind == ".txt" or (kind == ".html" and not _CODED.search(content[:_HEAD])):
        content = _in_utf8(content)
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        made = _converted(command, Path(folder), content, CONVERTED[kind])
    if missing := boxes(made, command):
        raise BadInput(f"document: no font here has {named(missing[0])}: install one that has it, or save it as PDF")
    return made


def _in_utf8(text: bytes) -> bytes:
    """Return text with the mark of UTF-8, since LibreOffice guesses wrong; other text is read as Windows-1252."""
    for coding in ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            return text.decode(coding).encode("utf-8-sig")
    raise BadInput("document: is text in neither UTF-8 nor Windows-1252; save it as PDF")


def loads_from_elsewhere(page: bytes) -> bool:
    """Return whether a web page needs other files to be shown."""
    return bool(_FOREIGN.search(_HYPERLINK.sub(rb"\1", page)))


def _converted(command: str, folder: Path, content: bytes, ending: str) -> bytes:
    profile, source = folder / "profile" / "user", folder / f"document.{ending}"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    source.write_bytes(content)
    words = [
        command, f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--nolockcheck", "--norestore",
        *(["--infilter=HTML (StarWriter)"] if ending == "html" else []),
        "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder), str(source),
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # From our environment it gets only PATH, and no key or proxy.
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"},
        cwd=folder,
        start_new_session=True,
        preexec_fn=_bound,  # noqa: PLW1509 - it only limits the child, before LibreOffice is loaded
    )
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        raise BadInput(f"document: LibreOffice takes longer than {_SECONDS} s for it; save it as PDF") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    made = folder / "document.pdf"
    if not made.exists():
        raise BadInput("document: LibreOffice cannot read it; save it as PDF")
    return made.read_bytes()


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
