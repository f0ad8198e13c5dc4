"""Files become samples, or a message that says what to do."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pyreadstat
import pytest

from mixstudy.data import converted
from mixstudy.data.numbers import NULLS
from mixstudy.data.partition import open_parts
from mixstudy.data.read import old_faithful, read_sample
from mixstudy.data.sample import DataError, sha256_of

type Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes ``data.csv`` and returns its path."""

    def write_csv(content: str | bytes) -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_csv


def parquet(folder: Path, *columns: tuple[str, object]) -> Path:
    """Write columns, whose names may repeat, as Parquet."""
    path = folder / "data.parquet"
    arrays, names = [pa.array(values) for _, values in columns], [name for name, _ in columns]
    pyarrow.parquet.write_table(pa.Table.from_arrays(arrays, names=names), path)
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("x,y\n1,a\n2,b\n3,c\n4,d\n", id="comma"),
        pytest.param("y;x\na;1\nb;2\nc;3\nd;4", id="semicolon, no last newline"),
        pytest.param("x\ty\n1\t3,5\n2\t3,5\n3\t3,5\n4\t3,5\n", id="tab beside decimal commas"),
        pytest.param("a; b,x\nu,1\nu,2\nu,3\nu,4\n", id="semicolon in a name"),
        pytest.param(b'\xef\xbb\xbf"x","y"\r\n"1",a\r\n2,b\r\n3,c\r\n4,d\r\n', id="BOM, CRLF, quotes"),
        pytest.param('y,x\n"a\nb",1\n"c,d",2\n"e""f",3\ng,4\n', id="newline, delimiter and quote in quotes"),
        pytest.param("\n\nx,y\n1,a\n\n2,b\n3,c\n4,d\n\n\n", id="empty lines"),
        pytest.param("x\n1\n2\n3\n4\n\n\n", id="empty lines at the end of one column"),
        pytest.param("x\r1\r2\r3\r4\r", id="CR"),
        pytest.param("x\n+1\n 2\n3.0 \n4e0\n", id="signs, spaces and exponents"),
    ],
)
def test_ways_to_write_a_csv(write: Write, content: str | bytes) -> None:
    """The usual dialects of CSV give the same column."""
    sample = read_sample(write(content), column="x")
    np.testing.assert_array_equal(sample.points, [1.0, 2.0, 3.0, 4.0])
    assert sample.source.description == "data.csv, column x"


def test_source(write: Write) -> None:
    """The source names file and column, and hashes the observations in their order."""
    source = read_sample(write("x\n1\n2\n3\n4\n")).source
    assert source.description == "data.csv, column x"
    assert source.sha256 == sha256_of(np.array([1.0, 2.0, 3.0, 4.0]))
    assert source.dropped == 0


def test_no_header(write: Write) -> None:
    """A first line of numbers is data, and the columns are numbered from 1."""
    sample = read_sample(write("1,5\n2,6\n3,7\n4,8.5\n"), column="2")
    np.testing.assert_array_equal(sample.points, [5.0, 6.0, 7.0, 8.5])
    assert sample.source.description == "data.csv, column 2"


def test_missing_value_in_a_first_line_of_numbers(write: Write) -> None:
    """A missing value does not turn the first line into a header and so vanish."""
    with pytest.raises(DataError, match=r"column '2' has 1 missing value\(s\), in row\(s\) 1;"):
        read_sample(write("1,NA\n2,6\n3,7\n4,8\n"), column="2")


def test_nameless_index_is_a_header(write: Write) -> None:
    """The header that pandas writes for a nameless series is not taken as data."""
    sample = read_sample(write(",0\n0,5\n1,6\n2,7\n3,8\n"), column="0")
    np.testing.assert_array_equal(sample.points, [5.0, 6.0, 7.0, 8.0])


def test_only_numeric_column_is_found(write: Write) -> None:
    """The column may be left out where one column alone is numeric."""
    sample = read_sample(write("day,x\nmon,1\ntue,2\nwed,3\nthu,4\n"))
    assert sample.source.description == "data.csv, column x"


def test_text_beyond_the_head(write: Write) -> None:
    """Text is reported by its row, also far below what is looked at first."""
    with pytest.raises(DataError, match="column 'x' holds text, first in row 400001: 'foo'"):
        read_sample(write("x,y\n" + "1,a\n" * 400_000 + "foo,a\n"))


@pytest.mark.parametrize("odd", ["1_000", "0x10", "1d5", "1.5.2", "1 000", "\u0661"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_no_number_beyond_the_head(write: Write, decimal: str, odd: str) -> None:
    """What only some program takes for a number is text, also far below what is looked at first."""
    with pytest.raises(DataError, match=f"first in row 5001: '{odd.replace('.', decimal)}'"):
        read_sample(write("x;y\n" + f"1{decimal}5;a\n" * 5000 + f"{odd.replace('.', decimal)};a\n"))


def test_encoding_beyond_the_head(write: Write) -> None:
    """A wrong encoding is reported, also far below what is looked at first."""
    with pytest.raises(DataError, match="not encoded as UTF-8; save it as UTF-8"):
        read_sample(write(b"x,y\n" + b"1,a\n" * 400_000 + b"\xe9,a\n"))


def test_quote_left_open_beyond_the_head(write: Write) -> None:
    """Two stray quotes far apart do not swallow the rows between them."""
    with pytest.raises(DataError, match="line 2 opens a quote that is not closed"):
        read_sample(write(b'x,y\n1,"a\n' + b"1,a\n" * 400_000 + b'1,"a\n'), column="x")


@pytest.mark.parametrize("null", [*NULLS, " NA"])
@pytest.mark.parametrize("row", ["{},a", "{}"], ids=["two columns", "one column"])
def test_drop_missing(write: Write, null: str, row: str) -> None:
    """Every spelling of a missing value is refused, or dropped on request and counted."""
    header = "x,y" if "a" in row else "x"
    path = write("\n".join([header, *(row.format(field) for field in ("1", null, "3", "4", "5"))]) + "\n")
    with pytest.raises(DataError, match=r"1 missing value\(s\), in row\(s\) 2; .* --drop-missing"):
        read_sample(path, column="x")
    sample = read_sample(path, column="x", drop_missing=True)
    np.testing.assert_array_equal(sample.points, [1.0, 3.0, 4.0, 5.0])
    assert sample.source.dropped == 1


def test_many_missing_values(write: Write) -> None:
    """All missing values are counted, the first are named."""
    with pytest.raises(DataError, match=r"20 missing value\(s\), in row\(s\) 1, 2, 3, .*12, \.\.\.;"):
        read_sample(write("x,y\n" + "NA,a\n" * 20 + "1,a\n"), column="x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "the file is empty; it needs a header", id="empty"),
        pytest.param(" \r\n\n", "the file is empty", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "the file is empty", id="only a BOM"),
        pytest.param("x,y\n", "a header .'x', 'y'. but no rows; it needs one row per observation", id="header only"),
        pytest.param(b"PK\x03\x04\x00", "a binary file, no workbook that can be read", id="spreadsheet"),
        pytest.param(b"x\n1\n\x00\n", "a binary file", id="NUL"),
        pytest.param(b"PAR1 and no more", "cannot be read: .*save it again", id="damaged Parquet"),
        pytest.param("z,y\n1,2\n", "no column 'x'; the columns are 'z', 'y'", id="no such column"),
        pytest.param("z,X \n1,2\n", r"no column 'x'; did you mean 'X'\?; the columns", id="nearest column"),
        pytest.param("x,y\n1,2\nfoo,3\nbar,4\n", "column 'x' holds text, first in row 2: 'foo'; it must", id="text"),
        pytest.param("x\n1_000\n", "column 'x' holds text, first in row 1: '1_000'", id="a number to Python only"),
        pytest.param("x\n1\n-inf\n1e999\n", r"2 infinite value\(s\), in row\(s\) 2, 3; correct or", id="infinite"),
        pytest.param(
            "x,y\n1,2\n2,2\n3,4,5\n3,2\n", r"line 4 has 3 field\(s\) and the table 2; quote", id="too many fields"
        ),
        pytest.param("x,y\n1.5,2\n2.5,2\n3\n", r"line \d has 1 field\(s\) and the table 2", id="too few fields"),
        pytest.param('x,y\n1,"a\n2,b\n', "line 2 opens a quote that is not closed; close", id="quote left open"),
        pytest.param("x,y,x\n1,2,3\n", "2 columns are called 'x'; rename all but one", id="duplicate name"),
        pytest.param("x\n1\n2\n3\n", "column 'x': .* at least 4 observations, got 3", id="too few observations"),
        pytest.param("x\n1\n2\n1\n2\n", "column 'x': .* only 2 distinct", id="too few distinct values"),
    ],
)
def test_refused_files(write: Write, content: str | bytes, message: str) -> None:
    """A file that cannot be used is refused with its name, what was found and what to do."""
    with pytest.raises(DataError, match=rf"data\.csv: .*{message}"):
        read_sample(write(content), column="x")


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file and a directory are told apart."""
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file; check the path"):
        read_sample(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="this is a directory; name a data file"):
        read_sample(str(tmp_path))


def test_column_must_be_chosen(write: Write) -> None:
    """Where the column is left out, the numeric columns are listed, or all where none is numeric."""
    with pytest.raises(DataError, match="several numeric columns: 'x', 'z'; choose one with --column"):
        read_sample(write("x,y,z\n1,a,2\n"))
    with pytest.raises(DataError, match="no numeric column; the columns are 'x', 'y'"):
        read_sample(write("x,y\na,b\n"))


def test_stray_text_does_not_hide_a_column(write: Write) -> None:
    """A column of numbers with one word in it is chosen and reported, not passed over."""
    with pytest.raises(DataError, match="column 'x' holds text, first in row 3: 'foo'"):
        read_sample(write("day,x\na,1\nb,2\nc,foo\n"))


def test_duplicates_beside_the_column(write: Write) -> None:
    """Names that repeat do no harm to another column."""
    sample = read_sample(write("a,x,a\n9,1,9\n9,2,9\n9,3,9\n9,4,9\n"), column="x")
    np.testing.assert_array_equal(sample.points, [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize("kind", [pa.float32(), pa.float16(), pa.int8(), pa.int64(), pa.decimal128(5, 2)], ids=str)
def test_parquet(tmp_path: Path, kind: object) -> None:
    """Every numeric type of a Parquet file is read as float64, the only numeric column by itself."""
    path = parquet(tmp_path, ("day", list("abcd")), ("a.x", pa.array([1, 2, 3, 4], kind)))
    sample = read_sample(path)
    np.testing.assert_array_equal(sample.points, [1.0, 2.0, 3.0, 4.0])
    assert sample.source.description == "data.parquet, column a.x"


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.int16(), pa.decimal128(5, 2)], ids=str)
@pytest.mark.parametrize("form", ["parquet", "feather", "arrow"])
def test_a_dictionary_of_numbers_is_numbers(tmp_path: Path, form: str, kind: pa.DataType) -> None:
    """Categories that are numbers are read as those, batch by batch, in whatever file; categories of text are not."""
    numbers = pa.array([3, 1, None, 3, 2, 4] * 50, kind).dictionary_encode()
    table = pa.table({"day": pa.array([*"abcdef"] * 50).dictionary_encode(), "x": numbers})
    path = tmp_path / f"data.{form}"
    if form == "parquet":
        pa.parquet.write_table(table, path)
    elif form == "feather":
        pa.feather.write_feather(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table, max_chunksize=70)
    sample = read_sample(path, drop_missing=True)
    np.testing.assert_array_equal(sample.points, [3.0, 1.0, 3.0, 2.0, 4.0] * 50)
    assert sample.source.description == f"data.{form}, column x"


def test_parquet_is_told_by_content(tmp_path: Path) -> None:
    """A Parquet file may have any name."""
    path = parquet(tmp_path, ("x", [1.0, 2.0, 3.0, 4.0])).rename(tmp_path / "data.csv")
    assert read_sample(path).n == 4


def test_parquet_missing_values(tmp_path: Path) -> None:
    """Null and NaN are both missing."""
    path = parquet(tmp_path, ("x", [1.0, None, float("nan"), 4.0, 5.0, 6.0]))
    with pytest.raises(DataError, match=r"2 missing value\(s\), in row\(s\) 2, 3;"):
        read_sample(path)
    sample = read_sample(path, drop_missing=True)
    assert (sample.n, sample.source.dropped) == (4, 2)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param([("x", pa.array([], pa.float64()))], "a header .'x'. but no rows", id="no rows"),
        pytest.param([("x", ["a", "b"])], "column 'x' holds string values; it must hold numbers", id="text"),
        pytest.param([("x", [True, False])], "column 'x' holds bool values; it must hold numbers", id="truth values"),
        pytest.param(
            [("x", [1.0, float("inf")])], r"column 'x' has 1 infinite value\(s\), in row\(s\) 2", id="infinite"
        ),
        pytest.param([("x", [1]), ("x", [2])], "2 columns are called 'x'", id="duplicate name"),
        pytest.param([("waiting", [1])], "no column 'x'; the columns are 'waiting'", id="no such column"),
    ],
)
def test_refused_parquet(tmp_path: Path, columns: list[tuple[str, object]], message: str) -> None:
    """A Parquet file that cannot be used is refused like a CSV file."""
    with pytest.raises(DataError, match=rf"data\.parquet: {message}"):
        read_sample(parquet(tmp_path, *columns), column="x")


def test_csv_round_trip_is_exact(write: Write) -> None:
    """Numbers written with 17 digits come back bit for bit, across scales."""
    x = np.random.default_rng(0).normal(size=200) * 10.0 ** np.linspace(-12, 12, 200)
    sample = read_sample(write("x\n" + "\n".join(f"{value:.17g}" for value in x)))
    np.testing.assert_array_equal(sample.points, x)


def test_old_faithful() -> None:
    """The shipped data are R's ``faithful``: its mean and standard deviation, as R prints them."""
    waiting, eruptions = old_faithful(), old_faithful("eruptions")
    assert waiting.n == eruptions.n == 272
    np.testing.assert_allclose([waiting.mean, waiting.sd], [70.89706, 13.59497], rtol=1e-6)
    np.testing.assert_allclose([eruptions.mean, eruptions.sd], [3.487783, 1.141371], rtol=1e-6)
    assert waiting.source.description == "old_faithful.csv, column waiting"


def test_a_short_row_does_not_start_another_table(write: Write) -> None:
    """Rows above a row of one field are data, not a title: the row is named, and no decimal comma is made up."""
    with pytest.raises(DataError, match=r"field\(s\) and the table 2|no column"):
        read_sample(write("x,y\n1,2\n3,4\n5\n7,8\n9,1\n8,2\n6,3\n"), column="x")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('"";"x"\r\n"1";14,5\r\n"2";16,25\r\n"3";9,75\r\n"4";11,5\r\n"5";12,5\r\n', id="write.csv2"),
        pytest.param('"x"\n"1" 14.5\n"2" 16.25\n"3" 9.75\n"4" 11.5\n"5" 12.5\n', id="write.table"),
        pytest.param(",x\n0,14.5\n1,16.25\n2,9.75\n3,11.5\n4,12.5\n", id="pandas index"),
        pytest.param("sep=;\nx;label\n14,5;a\n16,25;b\n9,75;a\n11,5;b\n12,5;a\n", id="Excel's sep="),
        pytest.param("Report of May\n\nid,x\n7,14.5\n8,16.25\n9,9.75\n10,11.5\n11,12.5\n", id="title"),
        pytest.param("# logger\n# v2\nx\n14.5\n16.25\n9.75\n11.5\n12.5\n", id="remarks"),
        pytest.param("14.5\n16.25\n9.75\n11.5\n12.5\n", id="one number a line"),
        pytest.param("t;x\n;min\n0;14.5\n1;16.25\n2;9.75\n3;11.5\n4;12.5\n5;12.5\n", id="units"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_the_column_that_is_meant(tmp_path: Path, content: str, encoding: str) -> None:
    """Row names, counters and titles are not the data, whichever tool wrote them and in whichever encoding."""
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode(encoding))
    np.testing.assert_array_equal(read_sample(path).points[:5], [14.5, 16.25, 9.75, 11.5, 12.5])


@pytest.mark.parametrize("first", ["2024-01-0{},4{}", "a{},4{}", "Anna{};4{}"], ids=["dates", "labels", "semicolon"])
def test_a_first_row_like_the_others_is_no_header(write: Write, first: str) -> None:
    """Whole numbers beside dates or labels of one shape are all data, the first too."""
    sample = read_sample(write("".join(first.format(k, (7 * k) % 10) + "\n" for k in range(1, 8))))
    np.testing.assert_array_equal(sample.points, [47.0, 44.0, 41.0, 48.0, 45.0, 42.0, 49.0])


@pytest.mark.parametrize("names", ["g,0", "g,1", "g,2024"])
def test_a_header_may_be_a_number(write: Write, names: str) -> None:
    """A year or a count names a column where the rows below have another shape."""
    sample = read_sample(write(names + "\n" + "".join(f"{label},1{k * k}.5\n" for k, label in enumerate("hijklmn"))))
    np.testing.assert_array_equal(sample.points, [10.5, 11.5, 14.5, 19.5, 116.5, 125.5, 136.5])


def test_a_title_of_as_many_words_as_columns(write: Write) -> None:
    """A title above a blank line is no header, whatever its width."""
    sample = read_sample(write("Report of May\n\nid g x\n" + "".join(f"{k} a{k} 1{k * k}.5\n" for k in range(6))))
    np.testing.assert_array_equal(sample.points, [10.5, 11.5, 14.5, 19.5, 116.5, 125.5])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("# log\nb 16,19\na 11,37\nc 18,06\nb 9,25\na 7,5\nb 8,1\n", id="blanks and decimal commas"),
        pytest.param("Title\n\nx\n1,43\n2,68\n3,91\n4,55\n5,60\n6,71\n", id="row names or decimals"),
    ],
)
def test_commas_that_may_mean_two_things_are_asked_about(write: Write, content: str) -> None:
    """Half a number is never fitted."""
    with pytest.raises(DataError, match="may part two fields or stand before decimals; part fields by"):
        read_sample(write(content))


def workbook(rows: list[list[object]]) -> bytes:
    """A workbook of one sheet as Excel's format has it, written by hand."""
    ooxml = "http://schemas.openxmlformats.org"
    cell = {str: '<c t="inlineStr"><is><t>{}</t></is></c>', float: "<c><v>{!r}</v></c>"}
    sheet = "".join(f"<row>{''.join(cell[type(each)].format(each) for each in row)}</row>" for row in rows)
    kinds = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
        for part, kind in (("workbook", "spreadsheetml.sheet.main"), ("sheet", "spreadsheetml.worksheet"))
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{ooxml}/package/2006/content-types">{kinds}</Types>',
        "xl/workbook.xml": f'<workbook xmlns="{ooxml}/spreadsheetml/2006/main" xmlns:r="{ooxml}/officeDocument/2006/'
        'relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/sheet.xml": f'<worksheet xmlns="{ooxml}/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
    }
    for name, inner in (("_rels/.rels", "xl/workbook"), ("xl/_rels/workbook.xml.rels", "sheet")):
        kind = "officeDocument" if inner == "xl/workbook" else "worksheet"
        parts[name] = (
            f'<Relationships xmlns="{ooxml}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{ooxml}/officeDocument/2006/relationships/{kind}" Target="{inner}.xml"/></Relationships>'
        )
    with zipfile.ZipFile(file := io.BytesIO(), "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file.getvalue()


WAITING = [79.25, 54.0, 74.5, -62.0, 85.0]
LINES = "".join(f'{{"label": "a", "waiting": {value!r}}}\n' for value in WAITING)
CSV = "label,waiting\n" + "".join(f"a,{value!r}\n" for value in WAITING)
KINDS: dict[str, bytes] = {
    "json": json.dumps([json.loads(line) for line in LINES.splitlines()]).encode(),
    "json lines": LINES.encode(),
    "gzip": gzip.compress(CSV.encode()),
    "gzip of json": gzip.compress(LINES.encode()),
    "zstd": pa.compress(CSV.encode(), codec="zstd", asbytes=True),
    "workbook": workbook([["label", "waiting"], *(["a", value] for value in WAITING)]),
    "one number a line": "".join(f"{value!r}\n" for value in WAITING).encode(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_told_by_its_content(tmp_path: Path, kind: str) -> None:
    """Whatever the file is called, the values of its only column of numbers are found, to the last digit."""
    (tmp_path / "x.dat").write_bytes(KINDS[kind])
    assert read_sample(tmp_path / "x.dat").points.tolist() == WAITING


STATISTICS = pd.DataFrame({"id": range(1, 6), "label": ["a", "", "b\tc", "d", "e"], "waiting": WAITING})


def write_statistics(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as Stata or SPSS do."""
    if "dta" in path.suffix:
        pyreadstat.write_dta(table, path, version=10 if path.suffix == ".dta10" else 15)
    else:
        pyreadstat.write_sav(table, path, compress=path.suffix == ".zsav")
    return path


@pytest.mark.parametrize("ending", ["dta", "dta10", "sav", "zsav"])
def test_files_of_statistics_programs(tmp_path: Path, ending: str) -> None:
    """The values beside a counter are found to the last digit; a missing one is missing, a damaged file refused."""
    path = write_statistics(tmp_path / f"x.{ending}", STATISTICS)
    assert read_sample(path).points.tolist() == WAITING
    holed = STATISTICS.assign(waiting=STATISTICS["waiting"].where(STATISTICS["id"] != 2))
    write_statistics(path, holed)
    with pytest.raises(DataError, match=r"column 'waiting' has 1 missing value\(s\), in row\(s\) 2"):
        read_sample(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"file that cannot be read .* save it again, or as CSV"):
        read_sample(path)


def test_statistics_that_say_they_are_huge(tmp_path: Path) -> None:
    """SPSS's header holds the number of rows, for which memory would be taken."""
    path = write_statistics(tmp_path / "x.sav", STATISTICS)
    content = bytearray(path.read_bytes())
    content[80:84] = (10**9).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match="1000000000 rows of 3 columns; save the column alone"):
        read_sample(path)


def test_statistics_without_their_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to it is told."""
    path = write_statistics(tmp_path / "x.sav", STATISTICS)
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(DataError, match=r"a \.sav file is read by pyreadstat; pip install 'mixstudy\[stats\]'"):
        read_sample(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How large it is unpacked is known before it is."""
    (tmp_path / "x.xlsx").write_bytes(KINDS["workbook"])
    monkeypatch.setattr(converted, "UNPACKED", 1000)
    with pytest.raises(DataError, match="a workbook of more than 0 MB, unpacked; save it as CSV"):
        read_sample(tmp_path / "x.xlsx")


@pytest.mark.parametrize("end", ["", "\n", "\n8\n"])
@pytest.mark.parametrize("above", ["", "x\n" + "1\n" * 9])
def test_very_long_lines_are_refused(write: Write, above: str, end: str) -> None:
    """A line of megabytes is no row of a table, first, later or last, nor left out in silence."""
    with pytest.raises(DataError, match=r"longer than .*; save the column that is meant alone"):
        read_sample(write(above + "7" * 3_000_000 + end))


def test_a_link_in_a_circle(tmp_path: Path) -> None:
    """It leads to no file."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DataError, match="loop: no such file; check the path"):
        read_sample(tmp_path / "loop")


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)], ids=str)
@pytest.mark.parametrize("kind", ["<f8", ">f4", "<f2"])
def test_numpy(tmp_path: Path, shape: tuple[int, ...], kind: str) -> None:
    """A row, a column or a plain array of NumPy is one column."""
    np.save(tmp_path / "x.npy", np.array(WAITING).reshape(shape).astype(kind))
    assert read_sample(tmp_path / "x.npy").points.tolist() == WAITING


@pytest.mark.parametrize("kind", ["json lines", "zstd", "workbook", "one number a line", "NumPy"])
def test_standard_input(kind: str) -> None:
    """What comes by a pipe is read as a file is."""
    program = "import mixstudy; print(mixstudy.read_sample('-').points.tolist())"
    numpy = io.BytesIO()
    np.save(numpy, np.array(WAITING))
    content = numpy.getvalue() if kind == "NumPy" else KINDS[kind]
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=False)  # noqa: S603
    assert done.stdout.decode().strip() == str(WAITING), done.stderr.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    """A file or a folder whose name no reader can take is refused by the name, with the way out."""
    path = tmp_path / "s\udce9.csv"
    path.write_text("x\n1\n2\n3\n4\n")
    with pytest.raises(DataError, match=r"s\udce9\.csv: the name is not encoded as UTF-8, .* rename it"):
        read_sample(path)
    with pytest.raises(DataError, match="the name of a file in it is not encoded as UTF-8; rename that file"):
        open_parts([tmp_path])


@pytest.mark.parametrize("kind", ["parquet", "arrow", "npy"])
def test_whole_numbers_that_floats_do_not_hold(tmp_path: Path, kind: str) -> None:
    """Integers are read to their last digit, or refused; never rounded in silence."""
    path = tmp_path / f"x.{kind}"
    for last in (2**53, 2**53 + 1):
        x = np.array([1, 2, 3, last])
        if kind == "npy":
            np.save(path, x)
        elif kind == "arrow":
            pyarrow.feather.write_feather(pa.table({"x": x}), str(path))
        else:
            pyarrow.parquet.write_table(pa.table({"x": x}), path)
        if last == 2**53:
            assert read_sample(path).points.tolist() == x.tolist()
    with pytest.raises(DataError, match=r"would be rounded to float64 .* subtract a constant from it, or save"):
        read_sample(path)
