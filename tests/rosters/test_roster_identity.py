"""The check character of GB 11643."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiable_draw.rosters.identity import birth_date_exists, check_character, fault, sex_of

first17 = st.builds(
    lambda area, day, sequence: f"{area:06d}{day:%Y%m%d}{sequence:03d}",
    st.integers(100000, 999999),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.integers(0, 999),
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_examples_of_the_standard(number: str) -> None:
    assert check_character(number[:17]) == number[17]


@given(first17)
def test_the_weighted_sum_is_one_modulo_eleven(first: str) -> None:
    """ISO 7064 MOD 11-2 by its definition: powers of two, X for ten."""
    digits = [10 if character == "X" else int(character) for character in first + check_character(first)]
    assert sum(digit * 2 ** (17 - index) for index, digit in enumerate(digits)) % 11 == 1


@given(first17, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(first: str, index: int, step: int) -> None:
    wrong = first[:index] + str((int(first[index]) + step) % 10) + first[index + 1 :]
    assert check_character(wrong) != check_character(first)


@given(first17, st.integers(0, 15))
def test_two_neighbours_exchanged_are_always_found(first: str, index: int) -> None:
    swapped = first[:index] + first[index + 1] + first[index] + first[index + 2 :]
    assert (check_character(swapped) == check_character(first)) == (swapped == first)


@given(first17)
def test_generated_numbers_hold(first: str) -> None:
    number = first + check_character(first)
    assert fault(number) == ""
    assert sex_of(number) == ("1" if number[16] in "13579" else "2")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("99000120200304004", "id_length"),
        ("9900012020030400421", "id_length"),
        ("99000120200304004A", "id_characters"),
        ("090001202003040041", "id_characters"),
        ("99000120200304\u06600042"[:18], "id_characters"),
        ("990001202002300040", "id_date"),
        ("990001189912310040", "id_date"),
        ("990001202003040040", "id_check"),
        ("990001202003041000", "id_zeros"),
    ],
)
def test_faults(number: str, code: str) -> None:
    assert fault(number) == code


def test_a_true_number_may_end_in_zeros() -> None:
    numbers = [
        f"9900012020{month:02d}{day:02d}{digit}00" for month in (3, 4) for day in range(1, 29) for digit in "13579"
    ]
    true = [first + "0" for first in numbers if check_character(first) == "0"]
    assert true
    assert all(fault(number) == "" for number in true)


@pytest.mark.parametrize("text", ["", "123", "1234567890123456x", "1234567890123456\u0667"])
def test_only_ascii_digits_have_a_check_character(text: str) -> None:
    with pytest.raises(ValueError, match="17 ASCII digits"):
        check_character(text)


def test_leap_days() -> None:
    assert birth_date_exists("990001202002290040")
    assert not birth_date_exists("990001202102290040")
