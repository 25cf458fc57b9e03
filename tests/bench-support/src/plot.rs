//! Costs over what makes them grow, drawn as SVG.

use std::fmt::Write as _;

/// The inner size of a panel, and the room around it.
const SIZE: f64 = 240.0;
const ROOM: f64 = 56.0;
const COLOURS: [&str; 4] = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];

/// A diagram of times in microseconds, both axes logarithmic.
pub struct Panel {
    /// The label of the horizontal axis.
    pub over: &'static str,
    /// Each line's name and its points, the first of which starts the axes.
    pub lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

/// Draws panels side by side.
pub fn svg(panels: &[Panel]) -> String {
    let (width, height) = ((SIZE + 2.0 * ROOM) * panels.len() as f64, SIZE + 2.0 * ROOM);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (at, panel) in panels.iter().enumerate() {
        let x = ROOM + (SIZE + 2.0 * ROOM) * at as f64;
        let _ = writeln!(out, "<g transform=\"translate({x} {ROOM})\">");
        panel.draw(&mut out);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

impl Panel {
    /// Prints its lines.
    pub fn print(&self) {
        for (name, points) in &self.lines {
            println!("{name} over {}: {points:.1?}", self.over);
        }
    }

    fn draw(&self, out: &mut String) {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let (x, y) = (
            Axis::of(points().map(|p| p.0)),
            Axis::of(points().map(|p| p.1)),
        );
        let _ = writeln!(
            out,
            "<rect width=\"{SIZE}\" height=\"{SIZE}\" fill=\"none\" stroke=\"#888\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n<text x=\"-40\" y=\"-12\">µs</text>",
            SIZE / 2.0,
            SIZE + 36.0,
            self.over
        );
        for tick in x.ticks() {
            let at = x.place(tick);
            let _ = writeln!(
                out,
                "<path d=\"M{at:.1} 0v{SIZE}\" stroke=\"#ddd\"/>\
                 <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>",
                SIZE + 16.0
            );
        }
        for tick in y.ticks() {
            let at = SIZE - y.place(tick);
            let _ = writeln!(
                out,
                "<path d=\"M0 {at:.1}h{SIZE}\" stroke=\"#ddd\"/>\
                 <text x=\"-6\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
                at + 4.0
            );
        }
        for (at, ((name, points), colour)) in self.lines.iter().zip(COLOURS).enumerate() {
            let places = points
                .iter()
                .map(|(at, time)| format!("{:.1},{:.1}", x.place(*at), SIZE - y.place(*time)));
            let places: Vec<_> = places.collect();
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
                 <text x=\"8\" y=\"{}\" fill=\"{colour}\">{name}</text>",
                places.join(" "),
                16 + 14 * at
            );
        }
    }
}

/// A logarithmic axis from one power of ten to another.
struct Axis {
    from: i32,
    to: i32,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (low, high) = (
            values.clone().fold(f64::MAX, f64::min),
            values.fold(1.0, f64::max),
        );
        let from = low.log10().floor() as i32;
        Self {
            from,
            to: (high.log10().ceil() as i32).max(from + 1),
        }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.from..=self.to).map(|power| 10_f64.powi(power))
    }

    fn place(&self, value: f64) -> f64 {
        SIZE * (value.log10() - f64::from(self.from)) / f64::from(self.to - self.from)
    }
}
