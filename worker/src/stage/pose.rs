//! How the head is turned, from the points on the face and a mean head (perspective from orthography
//! with scaling, DeMenthon and Davis 1995).

use super::landmark::Landmarked;
use crate::model::Point;

/// Points of the canonical face mesh and their places on a mean head, in centimetres: right in the
/// picture, up, towards the camera. From MediaPipe's `canonical_face_model.obj` (Apache-2.0). Points of
/// lips, lids and brows that a face moves are left out but for corners.
const HEAD: [(usize, [f32; 3]); 20] = [
    (33, [-4.446, 2.664, 3.173]),
    (263, [4.446, 2.664, 3.173]),
    (61, [-2.456, -4.343, 4.284]),
    (291, [2.456, -4.343, 4.284]),
    (199, [0.0, -7.942, 5.181]),
    (4, [0.0, -0.463, 7.587]),
    (1, [0.0, -1.127, 7.476]),
    (10, [0.0, 8.262, 4.482]),
    (152, [0.0, -9.403, 4.264]),
    (234, [-7.664, 0.673, -2.436]),
    (454, [7.664, 0.673, -2.436]),
    (133, [-1.856, 2.585, 3.758]),
    (362, [1.856, 2.585, 3.758]),
    (168, [0.0, 3.271, 5.236]),
    (6, [0.0, 2.473, 5.789]),
    (197, [0.0, 1.728, 6.317]),
    (195, [0.0, 1.059, 6.775]),
    (5, [0.0, 0.366, 7.243]),
    (127, [-7.743, 2.365, -2.005]),
    (356, [7.743, 2.365, -2.005]),
];
/// How far the camera is taken to be, in centimetres: between an arm's length and a studio's two metres.
/// Cropping and scaling change nothing of it, unlike a focal length guessed from the photo's size.
const DISTANCE: f32 = 80.0;
/// Rounds of the iteration; it settles in three to four.
const ROUNDS: usize = 6;

/// How the head is turned, in degrees; 0 looks into the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Positive where the nose points to the right of the picture.
    pub yaw: f32,
    /// Positive where the nose points up.
    pub pitch: f32,
    /// Positive where the head leans to the right of the picture.
    pub roll: f32,
}

/// How the head with these points is turned, for a camera that points at it.
#[must_use]
pub fn pose(face: &Landmarked) -> Pose {
    let centre = face.eyes.middle(face.chin);
    let centred = |index: usize| {
        let Point { x, y } = face.points[index];
        [x - centre.x, y - centre.y]
    };
    // The camera's axes: right, down, away.
    let model = HEAD.map(|(_, [x, y, z])| [x, -y, -z]);
    let seen = HEAD.map(|(index, _)| centred(index));
    let mut depths = [1.0_f32; HEAD.len()];
    let mut axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..ROUNDS {
        let fitted = [0, 1].map(|axis| {
            let pulled: [f32; HEAD.len()] = std::array::from_fn(|i| seen[i][axis] * depths[i]);
            fit(&model, &pulled)
        });
        let [across, down] = fitted.map(length);
        if !across.is_normal() || !down.is_normal() {
            return Pose::default();
        }
        let (right, down) = (fitted[0].map(|v| v / across), fitted[1].map(|v| v / down));
        axes = [right, down, cross(right, down)];
        depths = std::array::from_fn(|i| 1.0 + dot(axes[2], model[i]) / DISTANCE);
    }
    let [right, down, away] = axes;
    Pose {
        yaw: (-right[2]).atan2(away[2]).to_degrees(),
        pitch: down[2].clamp(-1.0, 1.0).asin().to_degrees(),
        roll: down[0].atan2(right[0]).to_degrees(),
    }
}

/// The factors of the linear function with a shift that comes nearest to `values`.
fn fit(model: &[[f32; 3]], values: &[f32]) -> [f32; 3] {
    let count = model.len() as f32;
    let mean = |of: &dyn Fn(usize) -> f32| (0..model.len()).map(of).sum::<f32>() / count;
    let centre: [f32; 3] = std::array::from_fn(|axis| mean(&|i| model[i][axis]));
    let level = mean(&|i| values[i]);
    let spread = |a: usize, b: usize| mean(&|i| (model[i][a] - centre[a]) * (model[i][b] - centre[b]));
    let target = std::array::from_fn(|a| mean(&|i| (model[i][a] - centre[a]) * (values[i] - level)));
    let rows = [0, 1, 2].map(|a| [0, 1, 2].map(|b| spread(a, b)));
    solve(rows, target)
}

/// Solves three equations by Cramer's rule; the mean head is no plane, so they have one solution.
fn solve(rows: [[f32; 3]; 3], target: [f32; 3]) -> [f32; 3] {
    let determinant = |rows: [[f32; 3]; 3]| dot(rows[0], cross(rows[1], rows[2]));
    let whole = determinant(rows);
    std::array::from_fn(|column| {
        let mut replaced = rows;
        replaced.iter_mut().zip(target).for_each(|(row, value)| row[column] = value);
        determinant(replaced) / whole
    })
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn length(a: [f32; 3]) -> f32 {
    dot(a, a).sqrt()
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Middle of both lids of each eye on the mean head.
    const LIDS: [(usize, f32); 4] = [(159, -3.15), (145, -3.15), (386, 3.15), (374, 3.15)];
    const EYES_UP: f32 = 2.65;
    /// What the camera points at: the middle between eyes and chin.
    const AXIS_UP: f32 = (EYES_UP - 9.403) / 2.0;

    /// The mean head, turned and seen by a camera that points at it.
    fn seen(yaw: f32, pitch: f32, roll: f32) -> Landmarked {
        let (sy, cy) = yaw.to_radians().sin_cos();
        let (sp, cp) = pitch.to_radians().sin_cos();
        let (sr, cr) = roll.to_radians().sin_cos();
        let lids = LIDS.map(|(index, x)| (index, [x, EYES_UP, 3.5]));
        let mut points = vec![Point { x: 0.0, y: 0.0 }; 468];
        for (index, [x, y, z]) in HEAD.into_iter().chain(lids) {
            let (x, y, z) = (x, AXIS_UP - y, -z);
            let (x, z) = (x * cy - z * sy, x * sy + z * cy);
            let (y, z) = (y * cp + z * sp, -y * sp + z * cp);
            let (x, y) = (x * cr - y * sr, x * sr + y * cr);
            let depth = DISTANCE + z;
            points[index] = Point { x: 500.0 + 1200.0 * x / depth, y: 500.0 + 1200.0 * y / depth };
        }
        Landmarked::from_points(points)
    }

    #[test]
    fn a_turned_head_is_read_back() {
        for (yaw, pitch, roll) in [
            (0.0, 0.0, 0.0),
            (20.0, 0.0, 0.0),
            (-35.0, 0.0, 0.0),
            (0.0, 15.0, 0.0),
            (0.0, -15.0, 0.0),
            (0.0, 0.0, 12.0),
        ] {
            let found = pose(&seen(yaw, pitch, roll));
            for (found, truth) in [(found.yaw, yaw), (found.pitch, pitch), (found.roll, roll)] {
                assert!((found - truth).abs() < 2.0, "{yaw} {pitch} {roll}: {found} for {truth}");
            }
        }
    }

    #[test]
    fn points_in_one_place_are_no_pose_and_no_panic() {
        let face = Landmarked::from_points(vec![Point { x: 5.0, y: 5.0 }; 468]);
        assert_eq!(pose(&face), Pose::default());
    }
}
