import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.models import ModelError, column_names, read_table

NUMBERS = st.floats(-1e100, 1e100)


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=2, max_size=9), st.sampled_from(",;"))
def test_what_was_written_is_read(rows, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([["a", "b", "y"], *rows])
    table = read_table(text.getvalue(), "b")
    assert table.inputs == ("a", "y")
    assert table.rows == tuple((float(row[0]), float(row[2])) for row in rows)
    assert table.targets == tuple(float(row[1]) for row in rows)
    assert table.classes == ()


def test_words_are_classes_in_their_order():
    table = read_table("x,kind\n1,dog\n2,cat\n3,dog\n")
    assert (table.classes, table.targets) == (("cat", "dog"), (1.0, 0.0, 1.0))


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("", "0 rows"),
        ("a,b\n1,2\n", "1 rows"),
        ("a\n1\n2\n", "1 columns"),
        ("a,a\n1,2\n3,4\n", "name every column"),
        ("a,b\n1,2\n3\n", "Line 3 has 1 cells"),
        ("a,b\n1,2\nx,4\n", "Line 3, column a: 'x' is no number"),
        ("a,b\n1,2\nnan,4\n", "'nan' is no number"),
        ("a,b\n1,2\n3,4\n5,\n", "Line 4, column b is empty"),
        ("a,b\n1,2\n-1e200,4\n3,5\n", "Line 3, column a: -1e200 is too large to compute with"),
        ("a,b\n1,2\n3,1E400\n3,5\n", "Line 3, column b: 1E400 is too large"),
        ("a,b\n1,2\n ,4\n", "Line 3, column a is empty"),
        ("a,b\n1,x\n2,\n3,y\n", "Line 3, column b is empty"),
        ("a,b\n" + "".join(f"{n},w{n}\n" for n in range(99)), "99 different words"),
        ("a,b\n" + "1,2\n" * 20_001, "20001 rows"),
        ("x" * (2**20 + 1), "1 MiB"),
        ('a,b\n1,"2\n' + "3" * 200_000 + '"\n4,5\n', "cannot be read as CSV"),
    ],
)
def test_what_is_no_table_gets_a_sentence_with_its_line(text, piece):
    with pytest.raises(ModelError, match=piece):
        read_table(text)


def test_the_names_are_those_that_the_reader_sees():
    assert column_names('"width, mm"; height ;"kind ""x"""\n1;2;3\n4;5;6\n') == ("width, mm", "height", 'kind "x"')
