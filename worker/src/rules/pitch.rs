//! The head is neither raised nor lowered.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "pitch",
    about: "How far the head is raised, negative when lowered: what the points of the face and the network for \
            poses agree on.",
    unit: "degrees",
    low: Some(Advice {
        code: "head_lowered",
        en: "The head is lowered. Please raise the chin a little and hold the camera at eye level.",
        zh: "低头过多，请略抬下巴，镜头与眼睛保持同高。",
    }),
    high: Some(Advice {
        code: "head_raised",
        en: "The head is raised. Please lower the chin a little and hold the camera at eye level.",
        zh: "头部过仰，请略收下巴，镜头与眼睛保持同高。",
    }),
    needs: &[Role::HeadPose, Role::HeadPoseSecond],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let by_points = subject.pose.pitch;
    let measure = match subject.readings.head_pose {
        Some(seen) => Measure::of(agreed(by_points, seen.pitch)),
        None => Measure::of(by_points).coarsely(),
    };
    Ok(measure.in_area(subject.face_area()))
}

/// What two instruments agree on: the milder of two that say the same side, else nothing.
fn agreed(one: f32, other: f32) -> f32 {
    if one * other <= 0.0 {
        0.0
    } else if one.abs() <= other.abs() {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_instruments_agree_on_the_milder_reading() {
        for (one, other, expected) in [(-20.0, -12.0, -12.0), (9.0, 14.0, 9.0), (-3.0, 4.0, 0.0), (0.0, 8.0, 0.0)] {
            assert_eq!(agreed(one, other), expected);
        }
    }
}
