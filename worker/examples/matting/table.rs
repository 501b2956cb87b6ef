//! The tables.

use crate::ground::Kind;
use crate::score::Score;

/// A cut-out before a ground; `None` where the photo was refused.
pub(crate) type Row = (Kind, String, Option<Score>);

pub(crate) const HEAD: &str = "\
# How well people are cut out

Printed by `tests/run.sh matting` on 49 neutral portraits of 49 people, each put before one of 18 grounds: six even
walls, six photos out of focus, the same six photos sharp. The photos show no people.

The reference comes from no network. The portraits stand before an even grey wall, so the wall's colour is known at
every pixel: a quadratic surface fitted to the borders and then to all wall, with what is left (shadows) smoothed over.
In the fringe, within 26 px of sure wall, alpha is the part of the way from the wall's colour to the person's colour near
by (difference matting, Smith and Blinn 1996); deeper in it is 1, and hand-placed points close the face, where skin can
have the wall's colour. Alpha of a composite is exact by construction, because the composite is made with it. Where wall
and person have nearly the same colour, mostly at white shirts, alpha cannot be told and the pixels are left out.
It errs where skin or cloth is lit up to near the wall's colour: such a shoulder or collar is the person wholly, but lies
on the way from the wall to the darker person beside it, and the reference shows it as smoke. A cut-out that keeps its
edge sharp there counts as wrong; before an even wall, look at the pictures.

Alpha error: mean absolute difference over the finished 480 x 640 picture, in percent; fringe: the same within 12 px of
the outline. Gradient error: sum of squared differences of the gradients of alpha after a Gaussian of 1.4 px, in
thousands (Rhemann et al. 2009). Edge: mean colour distance in levels of the 3 px on both sides of the outline to the
perfect picture; to new and to old: that of the same pixels to the new and to the old background, the perfect picture's in
brackets. Rim: how far the edge leans from the perfect picture towards the old background, in percent of the whole way.
Blob: the largest connected area with alpha off by more than a half, in pixels.

The run also leaves the worst ten of each pack as pictures in `var/matting/PACK/`: the perfect one, the one made, and
the error of alpha (red: too much person, blue: too little), side by side.
";

pub(crate) fn reference(doubtful: &[f32], left_out: &[String]) {
    println!(
        "\nLeft out: {} portraits whose shirt has the wall's very colour ({}); of the others {:.1} % of the fringe in the \
         middle portrait, {:.1} % in the worst.",
        left_out.len(),
        left_out.join(", "),
        100.0 * quantile(doubtful.to_vec(), 0.5),
        100.0 * quantile(doubtful.to_vec(), 1.0)
    );
}

pub(crate) fn matte(rows: &[Row]) {
    println!("\n### Alpha and edge, mean (worst)\n");
    println!("| ground | pictures | alpha | fringe | gradient | edge | to new | to old | rim | blob | called unsure |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for kind in Kind::ALL {
        line(kind.name(), &rows.iter().filter(|row| row.0 == kind).collect::<Vec<_>>());
    }
    line("all", &rows.iter().collect::<Vec<_>>());
    println!(
        "\nThe worst ten:\n\n| picture | alpha | fringe | gradient | blob | called unsure |\n|---|---|---|---|---|---|"
    );
    for (name, score) in worst(rows) {
        println!(
            "| {name} | {:.2} | {:.1} | {:.2} | {} | {} |",
            100.0 * score.alpha_error,
            100.0 * score.fringe_error,
            score.gradient_error,
            score.blob,
            if score.unsure { "yes" } else { "no" }
        );
    }
    let refused: Vec<&str> = rows.iter().filter(|row| row.2.is_none()).map(|row| row.1.as_str()).collect();
    if !refused.is_empty() {
        println!("\nRefused: {}.", refused.join("; "));
    }
}

/// The ten whose alpha is most wrong, the worst first.
pub(crate) fn worst(rows: &[Row]) -> impl Iterator<Item = (&str, &Score)> {
    let mut worst: Vec<(&str, &Score)> =
        rows.iter().filter_map(|row| Some((row.1.as_str(), row.2.as_ref()?))).collect();
    worst.sort_by(|one, other| other.1.alpha_error.total_cmp(&one.1.alpha_error));
    worst.into_iter().take(10)
}

fn line(name: &str, rows: &[&Row]) {
    let scores: Vec<&Score> = rows.iter().filter_map(|row| row.2.as_ref()).collect();
    let mean =
        |of: &dyn Fn(&Score) -> f32| scores.iter().map(|score| of(score)).sum::<f32>() / scores.len().max(1) as f32;
    let most = |of: &dyn Fn(&Score) -> f32| scores.iter().map(|score| of(score)).fold(0.0_f32, f32::max);
    let both = |of: &dyn Fn(&Score) -> f32| format!("{:.2} ({:.2})", mean(of), most(of));
    let unsure = scores.iter().filter(|score| score.unsure).count();
    println!(
        "| {name} | {} | {} | {} | {} | {} | {:.1} ({:.1}) | {:.1} ({:.1}) | {:.1} | {:.0} ({:.0}) | {unsure} |",
        scores.len(),
        both(&|score| 100.0 * score.alpha_error),
        both(&|score| 100.0 * score.fringe_error),
        both(&|score| score.gradient_error),
        both(&|score| score.edge_error),
        mean(&|score| score.to_new[0]),
        mean(&|score| score.to_new[1]),
        mean(&|score| score.to_old[0]),
        mean(&|score| score.to_old[1]),
        mean(&|score| score.rim),
        mean(&|score| score.blob as f32),
        most(&|score| score.blob as f32),
    );
}

/// The value below which a share of all lies.
pub(crate) fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f32 * share).round() as usize).copied().unwrap_or_default()
}
