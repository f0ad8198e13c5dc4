"""Tables in the dialects that programs write: the numbers that were written, or a refusal; never other numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixstudy as ms
from mixstudy.data.read import read_sample

VALUES = st.one_of(
    st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    st.floats(-1e300, 1e300),
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-10, 10),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the files are written, one after the other."""
    return tmp_path_factory.mktemp("fuzz")


@st.composite
def columns(draw):
    """At least four values with three distinct ones."""
    values = draw(st.lists(VALUES, min_size=4, max_size=40))
    return [*values, values[0] + 1, values[0] - 1.5]


@st.composite
def tables(draw):
    """The bytes of a text table with a column x, and the numbers in it."""
    values = draw(columns())
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", " "]))
    decimal = draw(st.sampled_from([".", ","])) if delimiter != "," else "."
    quote = draw(st.sampled_from(["", '"']))
    style = draw(st.sampled_from(["{!r}", "{:.3f}", "{:.6g}", "{:.15e}", "{:+.2f}"]))
    shown = [style.format(value) for value in values]
    cells = {"x": [text.replace(".", decimal) for text in shown]}
    extra = draw(st.lists(st.sampled_from(["id", "name", "note", "day"]), unique=True, max_size=3))
    for name in extra:
        cells[name] = {
            "id": [str(k) for k in range(1, len(values) + 1)],
            "name": [f"{quote}r{k}{quote}" for k in range(len(values))],
            "note": [f'"a{delimiter}b"' for _ in values],
            "day": [f"2024-01-{1 + k % 28:02d}" for k in range(len(values))],
        }[name]
    order = draw(st.permutations(list(cells)))
    numbers = draw(st.booleans())
    lines = [delimiter.join(f"{quote}{name}{quote}" for name in order)]
    if numbers and draw(st.booleans()):
        lines[0] = f"{quote}{quote}{delimiter}{lines[0]}"  # pandas' index; R leaves its name out
    lines += [
        delimiter.join([*([f"{quote}{k + 1}{quote}"] if numbers else []), *row])
        for k, row in enumerate(zip(*(cells[name] for name in order), strict=True))
    ]
    title = draw(st.sampled_from([[], ["# a comment"], ["Results of the survey"], ["", ""]]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    last = draw(st.sampled_from(["", end]))
    return (end.join([*title, *lines]) + last).encode(encoding), [float(text) for text in shown]


def numbers_in(path, **options):
    """The numbers that are read, or None where the file is refused."""
    try:
        return read_sample(path, **options).points
    except ms.DataError:
        return None


@settings(max_examples=250)
@given(tables(), st.sampled_from(["x", None]))
def test_a_table_is_read_as_written_or_refused(folder, table, column):
    """Whatever delimiter, decimal mark, quotes, row names, title and encoding: what was written, or nothing."""
    content, values = table
    (folder / "x.csv").write_bytes(content)
    found = numbers_in(folder / "x.csv", column=column)
    assert found is None or found.tolist() == values


@settings(max_examples=60)
@given(columns(), st.lists(st.integers(0, 3), min_size=1, max_size=4), st.sampled_from(["NA", "", "NaN", ".", "-"]))
def test_missing_values_are_refused_or_dropped(folder, values, places, code):
    """Missing codes stop the reading or are dropped and counted; no value goes with them."""
    cells = [code if k in places else repr(value) for k, value in enumerate(values)]
    (folder / "m.csv").write_text("x,y\n" + "".join(f"{cell},a\n" for cell in cells))
    kept = [value for k, value in enumerate(values) if k not in places]
    assert numbers_in(folder / "m.csv", column="x") is None
    found = numbers_in(folder / "m.csv", column="x", drop_missing=True)
    assert found is None or found.tolist() == kept


@settings(max_examples=250)
@given(tables(), st.data())
def test_damaged_text_is_read_or_refused(folder, table, data):
    """Bytes changed, lost or put in: numbers or a refusal, never another exception."""
    (folder / "d.csv").write_bytes(damaged(data, table[0]))
    found = numbers_in(folder / "d.csv")
    assert found is None or np.isfinite(found).all()


@pytest.fixture(scope="module")
def typed(folder):
    """One column of numbers as Parquet, Arrow, NumPy, Stata and SPSS."""
    table = pa.table({"x": np.arange(40.0), "y": [str(k) for k in range(40)]})
    pyarrow.parquet.write_table(table, folder / "t.parquet")
    with pa.ipc.new_file(folder / "t.arrow", table.schema) as file:
        file.write_table(table)
    np.save(folder / "t.npy", np.arange(40.0))
    pyreadstat.write_dta(table.to_pandas(), folder / "t.dta")
    pyreadstat.write_sav(table.to_pandas(), folder / "t.sav")
    return [(folder / f"t.{kind}").read_bytes() for kind in ("parquet", "arrow", "npy", "dta", "sav")]


@settings(max_examples=150)
@given(st.integers(0, 4), st.data())
def test_damaged_binary_files_are_read_or_refused(folder, typed, which, data):
    """Parquet, Arrow, NumPy, Stata and SPSS with bytes changed: numbers or a refusal, never another exception."""
    (folder / "b.bin").write_bytes(damaged(data, typed[which]))
    found = numbers_in(folder / "b.bin")
    assert found is None or np.isfinite(found).all()


def test_half_a_character_of_utf_16_is_refused(folder):
    """Text that is not UTF-16 although it begins so is refused."""
    (folder / "u.csv").write_bytes("x\n1\n2\n3\n4\n".encode("utf-16") + b"\x00\xd8\x31\x00")
    with pytest.raises(ms.DataError, match="utf-16"):
        read_sample(folder / "u.csv")


def test_a_numpy_header_that_python_cannot_parse(folder):
    """A NumPy file whose header is cut in the middle of a dictionary is refused."""
    np.save(folder / "h.npy", np.arange(4.0))
    content = bytearray((folder / "h.npy").read_bytes())
    content[8] = 1
    (folder / "h.npy").write_bytes(content)
    with pytest.raises(ms.DataError, match="save an array of plain numbers"):
        read_sample(folder / "h.npy")


def damaged(data, content):
    """The bytes with a few of them changed, lost or put in, or cut off."""
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)))
        kind = data.draw(st.sampled_from(["change", "lose", "put", "cut"]))
        if kind == "cut" and data.draw(st.integers(0, 3)) == 0:
            content = content[:place]
        elif kind == "change" and content:
            content[place] = data.draw(st.integers(0, 255))
        elif kind == "lose":
            del content[place : place + 1]
        else:
            content[place:place] = data.draw(st.binary(max_size=4))
    return bytes(content)
