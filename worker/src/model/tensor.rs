//! Pixels as the numbers that networks take.

use image::RgbImage;

/// Mean and deviation of red, green and blue in `ImageNet`, of levels from 0 to 1.
const IMAGENET: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// Which colour comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as `OpenCV` reads pictures.
    Bgr,
}

/// One plane a colour, one behind another; `number` makes a level of the colour 0 red, 1 green, 2 blue a number.
pub(super) fn planes(picture: &RgbImage, order: Order, number: impl Fn(usize, f32) -> f32) -> Vec<f32> {
    let pixels = picture.as_raw().as_chunks::<3>().0;
    let channels = if order == Order::Rgb { [0, 1, 2] } else { [2, 1, 0] };
    let mut tensor = Vec::with_capacity(pixels.len() * 3);
    for channel in channels {
        // There are few levels and many pixels.
        let numbers: [f32; 256] = std::array::from_fn(|level| number(channel, level as f32));
        tensor.extend(pixels.iter().map(|pixel| numbers[usize::from(pixel[channel])]));
    }
    tensor
}

/// Planes of red, green and blue as networks that were trained on `ImageNet` take them.
pub(super) fn imagenet(picture: &RgbImage) -> Vec<f32> {
    planes(picture, Order::Rgb, |channel, level| (level / 255.0 - IMAGENET[channel].0) / IMAGENET[channel].1)
}

/// Pixel by pixel, red, green and blue from 0 to 1.
pub(super) fn shares(picture: &RgbImage) -> Vec<f32> {
    picture.as_raw().iter().map(|&level| f32::from(level) / 255.0).collect()
}

/// One number from 0 to 1 of any number.
pub(super) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_come_in_the_order_that_was_asked_for() {
        let picture = RgbImage::from_raw(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(planes(&picture, Order::Rgb, |_, level| level), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(planes(&picture, Order::Bgr, |_, level| level), [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
        let channels = planes(&picture, Order::Bgr, |channel, _| channel as f32);
        assert_eq!(channels, [2.0, 2.0, 1.0, 1.0, 0.0, 0.0], "a number is asked for by colour, not by place");
    }

    #[test]
    fn the_mean_of_imagenet_is_zero() {
        let level = |mean: f32| (mean * 255.0).round() as u8;
        let picture = RgbImage::from_pixel(1, 1, image::Rgb(IMAGENET.map(|(mean, _)| level(mean))));
        assert!(imagenet(&picture).iter().all(|value| value.abs() < 0.01));
    }
}
