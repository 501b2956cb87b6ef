//! Why an order was refused: a table, one line each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sentences::sentences;

/// Why an order was refused, ready to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LayoutFault {
    /// The stable word.
    pub code: FaultCode,
    /// Which picture of the order, from 1; absent where it is about the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<u32>,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}

impl From<FaultCode> for LayoutFault {
    fn from(code: FaultCode) -> Self {
        Self { code, print: None, en: code.text_en().to_owned(), zh: code.text_zh().to_owned() }
    }
}

sentences! {
    /// Why an order was refused.
    FaultCode:
    /// Bytes that are no order.
    OrderUnreadable "order_unreadable" "This is no order that can be read." "无法读取该排版订单。"
    /// No pictures, or no copies.
    NothingToPrint "nothing_to_print" "The order asks for nothing: name a picture and at least one copy." "订单为空，请至少选择一张照片并打印一份。"
    /// More pictures than an order may have.
    TooManyPictures "too_many_pictures" "The order has more than 500 pictures. Please split it." "订单超过500张照片，请拆分后提交。"
    /// More sheets or pixels than one job draws.
    TooManySheets "too_many_sheets" "The order has too many sheets for one job. Please split it or take a lower resolution." "订单页数过多，请拆分或降低分辨率。"
    /// The pictures have more bytes than one job loads.
    PicturesTooLarge "pictures_too_large" "The pictures of the order are too large together. Please split it." "订单照片总大小超限，请拆分后提交。"
    /// A picture without key and job.
    PictureUnnamed "picture_unnamed" "A picture of the order is named by its key, its job or its student." "订单中的照片未指定，请提供照片、任务或学生。"
    /// A picture of another session or tenant.
    ForeignPicture "foreign_picture" "A picture of the order is not one of this session." "订单中的照片不属于本场次。"
    /// A picture that does not exist.
    PictureMissing "picture_missing" "A picture of the order is not there." "订单中的照片不存在。"
    /// A picture that cannot be decoded.
    PictureUnfit "picture_unfit" "A picture of the order cannot be printed: it is damaged or no picture." "订单中的照片已损坏或不是图片，无法打印。"
    /// A sheet or print of a size that does not exist.
    WrongSize "wrong_size" "A size is 3R, 4R, 5R, 6R, A5, A4, or WIDTHxHEIGHT in mm, each 10 to 600." "尺寸应为3R、4R、5R、6R、A5、A4，或以毫米表示的宽x高（10至600）。"
    /// A distance that is negative or far too large.
    WrongDistance "wrong_distance" "Gap, margin and height of captions are 0 to 100 mm." "间距、边距和说明文字高度应为0至100毫米。"
    /// A resolution that no printer has.
    WrongResolution "wrong_resolution" "A resolution is 72 to 1200 dpi." "分辨率应为72至1200 dpi。"
    /// Prints larger than the sheet.
    DoesNotFit "does_not_fit" "Not one print fits the sheet with these margins." "按此边距，相纸上放不下一张照片。"
    /// A template that is none.
    WrongCaption "wrong_caption" "A caption has places in pairs of braces, for example {name}." "说明文字模板的花括号不成对，例如应写作{name}。"
    /// A place of the template that a print says nothing about.
    CaptionUnknown "caption_unknown" "A print of the order lacks a fact that the caption names." "订单中有照片缺少说明文字所需的信息。"
    /// Captions in letters that the worker cannot draw.
    LettersMissing "letters_missing" "The worker has no font with all letters of the captions. Please install one, for example fonts-noto-cjk." "处理程序（worker）缺少说明文字所需的字体，请安装（如fonts-noto-cjk）。"
}

impl FaultCode {
    /// The fault of print `at`, counted from 0.
    #[must_use]
    pub fn of(self, at: usize) -> LayoutFault {
        LayoutFault { print: u32::try_from(at + 1).ok(), ..self.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_its_serialised_name_and_has_both_texts() {
        for code in FaultCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("plain"), code.code());
            assert!(code.text_en().ends_with('.') && code.text_zh().ends_with('。'), "{}", code.code());
        }
    }
}
