//! The last characters of an ID number, as students type them to confirm a collection code.
//!
//! The official page asks for the last characters of the number and counts a complete pair of brackets as
//! two: the tail of four of `A123456(7)` is `6(7)`. Chinese keyboards type full-width forms of the same
//! characters; they count as the plain ones.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of comparing a typed tail with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailCheck {
    /// They agree.
    Agrees,
    /// They differ.
    Differs,
    /// Too few or too many characters were typed, or the number itself has fewer.
    WrongLength,
    /// A character was typed that no ID number has: anything but letters, digits and round brackets.
    WrongCharacter,
}

/// Compares what was typed with the last `length` characters of `number`. Widths, capitals and blanks do
/// not matter.
#[must_use]
pub fn check_tail(number: &str, typed: &str, length: usize) -> TailCheck {
    let (number, typed) = (folded(number), folded(typed));
    if !typed.iter().all(|&character| is_lawful(character)) {
        TailCheck::WrongCharacter
    } else if length == 0 || typed.len() != length || number.len() < length {
        TailCheck::WrongLength
    } else if number.ends_with(&typed) {
        TailCheck::Agrees
    } else {
        TailCheck::Differs
    }
}

/// Whether `number` is a resident identity number whose last character agrees with the others:
/// 17 digits and the check character of ISO 7064 MOD 11-2 (GB 11643-1999).
#[must_use]
pub fn is_resident_number(number: &str) -> bool {
    let characters = folded(number);
    characters.split_last().is_some_and(|(last, rest)| check_character(rest) == Some(*last))
}

/// The check character of 17 digits: `0` to `9` or `X`.
fn check_character(digits: &[char]) -> Option<char> {
    if digits.len() != 17 {
        return None;
    }
    // The sum of each digit times two to the power of its place, with the check digit's place as 2^0.
    let sum = digits.iter().try_fold(0, |sum, digit| Some((sum + digit.to_digit(10)?) * 2 % 11))?;
    Some(['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][sum as usize])
}

/// The characters without blanks, capital and half as wide.
fn folded(text: &str) -> Vec<char> {
    text.chars()
        .map(half_width)
        .filter(|character| !character.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The half-width form of a full-width character (U+FF01 to U+FF5E stand for U+0021 to U+007E).
fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

fn is_lawful(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '(' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_agree_over_widths_capitals_and_blanks() {
        let table = [
            ("11010519491231002X", "002X", 4, TailCheck::Agrees),
            ("11010519491231002X", "００２ｘ", 4, TailCheck::Agrees),
            ("11010519491231002x", " 31 002X ", 6, TailCheck::Agrees),
            ("11010519491231002X", "0021", 4, TailCheck::Differs),
            ("11010519491231002X", "02X", 4, TailCheck::WrongLength),
            ("11010519491231002X", "1002X", 4, TailCheck::WrongLength),
            ("02X", "002X", 4, TailCheck::WrongLength),
            ("11010519491231002X", "", 0, TailCheck::WrongLength),
            ("11010519491231002X", "02-X", 4, TailCheck::WrongCharacter),
            ("11010519491231002X", "零02X", 4, TailCheck::WrongCharacter),
        ];
        for (number, typed, length, expected) in table {
            assert_eq!(check_tail(number, typed, length), expected, "{typed:?} of {length}");
        }
    }

    #[test]
    fn a_pair_of_brackets_counts_as_two() {
        for typed in ["6(7)", "６（７）", "6（7)"] {
            assert_eq!(check_tail("A123456(7)", typed, 4), TailCheck::Agrees, "{typed}");
        }
        assert_eq!(check_tail("A123456（7）", "6(7)", 4), TailCheck::Agrees);
        assert_eq!(check_tail("A123456(7)", "4567", 4), TailCheck::Differs);
    }

    #[test]
    fn the_check_character_is_that_of_the_standard() {
        // The two examples that GB 11643-1999 itself gives.
        for sound in ["11010519491231002X", "440524188001010014", "４４０５２４１８８００１０１００１４"]
        {
            assert!(is_resident_number(sound), "{sound}");
        }
        for wrong in ["110105194912310021", "440524188001010015", "44052418800101001", "", "A123456(7)"] {
            assert!(!is_resident_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn any_single_wrong_digit_is_found() {
        let sound: Vec<char> = "440524188001010014".chars().collect();
        for place in 0..sound.len() {
            for digit in '0'..='9' {
                let mut other = sound.clone();
                other[place] = digit;
                let text: String = other.iter().collect();
                assert_eq!(is_resident_number(&text), other == sound, "{text}");
            }
        }
    }
}
