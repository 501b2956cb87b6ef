//! What each task answers. A refusal is an answer about the photo, never an error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::blob::BlobKey;
use crate::check::CheckOutcome;
use crate::code::ReadCodeOutcome;
use crate::job::Task;
use crate::layout::LayoutOutcome;
use crate::search::{CandidatesOutcome, EnrolOutcome, SearchOutcome};
use crate::sentences::sentences;

sentences! {
    /// Why a photo was refused, or what to know about a finished one.
    ReasonCode:
    /// A file of zero bytes.
    EmptyFile "empty_file" "The file is empty. Please upload the photo again." "文件为空，请重新上传照片。"
    /// Bytes that are no picture at all.
    NotAnImage "not_an_image" "The file is not a picture. Please upload a JPEG, PNG or WebP photo." "文件不是图片，请上传JPEG、PNG或WebP照片。"
    /// A picture in a format that is not taken.
    UnsupportedFormat "unsupported_format" "This picture format is not supported. Please upload a JPEG, PNG or WebP photo." "不支持此图片格式，请上传JPEG、PNG或WebP照片。"
    /// The picture ends before its time.
    Truncated "truncated" "The picture is incomplete. Please upload the original file again." "图片不完整，请重新上传原文件。"
    /// The picture cannot be decoded.
    Corrupt "corrupt" "The picture is damaged. Please upload the original file again." "图片已损坏，请重新上传原文件。"
    /// More pixels than may be decoded.
    TooManyPixels "too_many_pixels" "The picture has too many pixels. Please upload the photo as the camera took it." "图片像素过大，请上传相机直接拍摄的照片。"
    /// More bytes than may be read.
    TooManyBytes "too_many_bytes" "The file is too large. Please upload the photo as the camera took it." "文件过大，请上传相机直接拍摄的照片。"
    /// Too few pixels to hold a portrait.
    TooSmall "too_small" "The picture is too small. Please take the photo with a higher resolution." "图片尺寸过小，请用更高分辨率拍摄。"
    /// A moving picture.
    Animated "animated" "The file is an animation. Please upload a still photo." "文件是动图，请上传静态照片。"
    /// No face was found.
    NoFace "no_face" "No face was found. Please face the camera in good light." "未检测到人脸，请正对镜头并保证光线充足。"
    /// More than one person.
    SeveralFaces "several_faces" "More than one face was found. Please take the photo alone." "检测到多张人脸，请单人拍摄。"
    /// The face has too few pixels.
    FaceTooSmall "face_too_small" "The face is too small. Please come closer or use the rear camera." "人脸过小，请靠近一些或使用后置摄像头拍摄。"
    /// Hair or head leaves the picture.
    HeadCutOff "head_cut_off" "The head is cut off. Please keep the whole head and some space above it in the picture." "头部不完整，请将整个头部拍入画面并在上方留出空间。"
    /// Shoulders or chest leave the picture.
    ChestCutOff "chest_cut_off" "The shoulders and chest are not fully in the picture. Please step back a little." "肩部和胸部不完整，请稍微后退再拍。"
    /// The proportions cannot meet the official windows.
    CannotPlace "cannot_place" "The head does not fit the official proportions. Please face the camera with your hair tidied." "人像比例无法满足标准，请正对镜头并整理头发后重拍。"
    /// No collection code is seen.
    NoCode "no_code" "No code was found in the picture. Please choose the picture that holds the whole collection code." "未找到图像采集码，请选择包含完整采集码的图片。"
    /// Codes that say different things.
    SeveralCodes "several_codes" "The picture holds more than one code. Please crop it to the collection code alone." "图片中有多个二维码，请只保留图像采集码后重试。"
    /// A code is seen and cannot be read without doubt.
    CodeUnreadable "code_unreadable" "The code cannot be read. Please save the original code picture again, or photograph it straight, sharp and whole." "采集码无法识别，请重新保存原图，或正对采集码清晰完整地拍摄。"
    /// A code was read and its text is not kept any more.
    CodeGone "code_gone" "The text of the code is not kept any more. Please submit the picture again." "采集码内容已不再保留，请重新提交图片。"
    /// Nobody in the gallery looks like this person.
    NotInGallery "not_in_gallery" "No photo of you was found in this session. Please try again in even light, facing the camera, or ask the staff." "本场次中未找到您的照片，请正对镜头、在均匀光线下重试，或联系工作人员。"
    /// Somebody in the gallery might be this person.
    SearchUncertain "search_uncertain" "We cannot be sure which photo is yours. Please try again in even light, facing the camera, or ask the staff." "暂时无法确认您的照片，请正对镜头、在均匀光线下重试，或联系工作人员。"
    /// Faces of the gallery were made by another model than the one that searches.
    GalleryStale "gallery_stale" "The photos of this session are being prepared. Please try again later, or ask the staff." "本场次照片正在处理中，请稍后重试，或联系工作人员。"
    /// The session's gallery takes no more faces.
    GalleryFull "gallery_full" "This session takes no more photos. Please ask the staff." "本场次照片数量已达上限，请联系工作人员。"
    /// The photo was removed from the gallery after the job was accepted.
    PhotoRemoved "photo_removed" "The photo was removed from this session." "该照片已从本场次中移除。"
    /// The head is turned too far for the face to be compared.
    FaceTurned "face_turned" "The face is turned away. Please look straight into the camera." "人脸未正对镜头，请正视镜头重拍。"
    /// The face is too blurred to be compared.
    FaceBlurred "face_blurred" "The face is blurred. Please hold the camera still and take the photo in good light." "人脸模糊，请保持相机稳定并在光线充足处重拍。"
    /// Note on a finished picture: the face had fewer pixels than in the output.
    Enlarged "enlarged" "The face is too small in the photo: it has too few pixels and was enlarged." "人脸在照片中过小，像素不足，已放大处理。"
    /// Note on a finished picture: no lawful quality reaches the file size window.
    SizeWindowMissed "size_window_missed" "The file size lies outside the window of the standard." "文件大小不在标准范围内。"
    /// Note on a finished picture: hair stands above the window of the standard.
    HairAboveWindow "hair_above_window" "The hair stands higher in the picture than the standard asks. Tying it lower gives a better picture." "头发顶部超出标准范围，建议整理发型后重拍。"
    /// Note on a finished picture: the cut-out is unsure.
    MatteUnsure "matte_unsure" "The outline of the person is unsure. Please check the edge of hair and shoulders." "人像边缘不够确定，请检查头发和肩部边缘。"
}

/// A reason with its texts, ready to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// The stable word.
    pub code: ReasonCode,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self { code, en: code.text_en().to_owned(), zh: code.text_zh().to_owned() }
    }
}

/// The word for a task without an outcome.
pub const NOTHING: &str = "nothing";

/// What a job answers: one outcome per task that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobResult {
    /// Name and version of the model pack that was used.
    pub pack: String,
    /// The answer to `standardise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<StandardiseOutcome>,
    /// The answer to `check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckOutcome>,
    /// The answer to `read_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_code: Option<ReadCodeOutcome>,
    /// The answer to `enrol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrol: Option<EnrolOutcome>,
    /// The answer to `search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchOutcome>,
    /// The answer to `candidates`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<CandidatesOutcome>,
    /// The answer to `layout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<LayoutOutcome>,
    /// Time spent per stage, in the order they ran.
    pub stages: Vec<StageTime>,
}

impl JobResult {
    /// The word of a task's outcome, for metrics and tables; [`NOTHING`] where it has none.
    #[must_use]
    pub fn outcome(&self, task: Task) -> &'static str {
        let name = match task {
            Task::Standardise => self.standardise.as_ref().map(StandardiseOutcome::name),
            Task::Check => self.check.as_ref().map(|check| check.advice.name()),
            Task::ReadCode => self.read_code.as_ref().map(ReadCodeOutcome::name),
            Task::Enrol => self.enrol.as_ref().map(EnrolOutcome::name),
            Task::Search => self.search.as_ref().map(SearchOutcome::name),
            Task::Candidates => self.candidates.as_ref().map(CandidatesOutcome::name),
            Task::Layout => self.layout.as_ref().map(LayoutOutcome::name),
        };
        name.unwrap_or(NOTHING)
    }

    /// What a student may see of it: no list of candidates, and of other people's photos nothing.
    #[must_use]
    pub fn for_student(mut self) -> Self {
        self.candidates = None;
        if let Some(EnrolOutcome::Enrolled { doubles, .. }) = &mut self.enrol {
            doubles.clear();
        }
        self
    }
}

/// Time that one stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageTime {
    /// The stage's name.
    pub stage: String,
    /// Wall time in milliseconds.
    pub ms: f64,
}

/// The answer to `standardise`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StandardiseOutcome {
    /// The certificate picture was made.
    Finished {
        /// Where the JPEG lies: a key of the object store; without a queue, the file's name.
        picture: BlobKey,
        /// Where the same lies under a watermark, where the worker makes previews: a key of the object store.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preview: Option<BlobKey>,
        /// Everything about it.
        #[serde(flatten)]
        facts: Standardised,
    },
    /// It was not, because of the photo.
    Refused {
        /// Why, most important first; at least one.
        reasons: Vec<Reason>,
    },
}

impl StandardiseOutcome {
    /// A refusal for one reason.
    #[must_use]
    pub fn refused(code: ReasonCode) -> Self {
        Self::Refused { reasons: vec![code.into()] }
    }

    /// `finished` or `refused`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Refused { .. } => "refused",
        }
    }
}

/// A finished certificate picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Standardised {
    /// SHA-256 of the JPEG, 64 hex digits.
    pub sha256: String,
    /// Size of the JPEG in bytes.
    pub bytes: u64,
    /// JPEG quality factor, 1 to 100.
    pub quality: u8,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Resolution in dots per inch.
    pub dpi: u16,
    /// Background red, green, blue.
    pub background: [u8; 3],
    /// Where the head stands.
    pub placement: Placement,
    /// How sure the cut-out is, 0 to 1: the share of half-transparent pixels that lie at the outline,
    /// where hair and cloth have them; those farther off are doubt.
    pub matte_confidence: f32,
    /// Mean distance in levels (0 to 441, straight through red, green and blue) of the colours of the person's edge to the
    /// old background near by; small where the old background still shines. The edge is every pixel of the picture
    /// within 3 pixels of the outline, where half a pixel is person, along rows and columns. Absent where the old
    /// background is uneven at more than half of the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_to_old_background: Option<f32>,
    /// The same to the new background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_to_new_background: Option<f32>,
    /// What to know about the picture though it is finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Reason>,
}

/// Where the head stands in the finished picture, and where it was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// Top of the hair, in pixels from the upper edge.
    pub hair_top_px: f32,
    /// Height of the eyes, in pixels from the upper edge.
    pub eyes_px: f32,
    /// Cheek to cheek, in pixels.
    pub face_width_px: f32,
    /// Middle of the face, in pixels right of the picture's middle.
    pub centre_offset_px: f32,
    /// Output pixels per pixel of the upright original.
    pub scale: f32,
    /// Left edge of the crop, in pixels of the upright original; may be negative.
    pub crop_left_px: f32,
    /// Upper edge of the crop, in pixels of the upright original; may be negative.
    pub crop_top_px: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_serialised_name_and_has_both_texts() {
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("plain"), code.code());
            assert!(code.text_en().ends_with('.') && code.text_zh().ends_with('。'), "{}", code.code());
        }
    }
}
