"""Documents made for tests: letters as an office writes them, and files with something wrong."""

import struct
from io import BytesIO

from fpdf import FPDF
from PIL import Image, TiffImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, TextStringObject


def letter(text="To whom it may concern", *, pages=1, size=12, grey=0, sheet="A4"):
    """A PDF with the same text on each page."""
    made = FPDF(format=sheet)
    for _ in range(pages):
        made.add_page()
        made.set_font("helvetica", size=size)
        made.set_text_color(grey)
        made.multi_cell(0, text=text)
    return bytes(made.output())


def ruled(*, grey, frame=False):
    """A PDF with words and a thin line below them, or with a frame."""
    made = FPDF()
    made.add_page()
    made.set_font("helvetica", size=12)
    made.cell(text="Sign here")
    made.set_draw_color(grey)
    made.set_line_width(0.1)
    if frame:
        made.rect(20, 40, 150, 60)
    else:
        made.line(20, 40, 170, 40)
    return bytes(made.output())


def changed(content, change):
    """A PDF after `change(writer)`."""
    writer, out = PdfWriter(clone_from=PdfReader(BytesIO(content))), BytesIO()
    change(writer)
    writer.write(out)
    return out.getvalue()


def locked(content, password, algorithm="AES-256"):
    return changed(content, lambda w: w.encrypt(password, owner_password="owner", algorithm=algorithm))


def in_units(content, unit):
    return changed(content, lambda w: w.pages[0].update({NameObject("/UserUnit"): FloatObject(unit)}))


def xfa(content):
    form = DictionaryObject(
        {NameObject("/XFA"): ArrayObject([TextStringObject("template")]), NameObject("/Fields"): ArrayObject()}
    )
    return changed(content, lambda w: w.root_object.update({NameObject("/AcroForm"): form}))


def picture(kind="PNG", *, shade=255, size=(1700, 2200), pages=1):
    out = BytesIO()
    sheets = [Image.new("L", size, shade) for _ in range(pages)]
    more = {"save_all": True, "append_images": sheets[1:]} if kind == "TIFF" else {}
    sheets[0].save(out, kind, dpi=(200, 200), **more)
    return out.getvalue()


def in_compression(tiff, number):
    """A TIFF of one page that says that it is compressed in another way."""
    order = "<" if tiff.startswith(b"II") else ">"
    [at] = struct.unpack_from(f"{order}I", tiff, 4)
    [entries] = struct.unpack_from(f"{order}H", tiff, at)
    changed = bytearray(tiff)
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        if struct.unpack_from(f"{order}H", tiff, entry) == (TiffImagePlugin.COMPRESSION,):
            struct.pack_into(f"{order}H", changed, entry + 8, number)
    return bytes(changed)
