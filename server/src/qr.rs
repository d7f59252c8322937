//! QR codes as drawings, for pages that show or print them. What a code holds may be a secret: it is drawn here and has no
//! address of its own.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A QR code as a drawing: an SVG path in squares of 1, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QrDrawing {
    /// Squares of a side.
    pub size: u32,
    /// The dark squares.
    pub path: String,
}

/// Draws `text`; `None`: too long for a QR code.
pub fn draw(text: &str, level: EcLevel) -> Option<QrDrawing> {
    let code = QrCode::with_error_correction_level(text, level).ok()?;
    let size = code.width();
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(size).enumerate() {
        let mut column = 0;
        for run in colors.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let _ = write!(path, "M{column} {row}h{}v1h-{}z", run.len(), run.len());
            }
            column += run.len();
        }
    }
    Some(QrDrawing { size: u32::try_from(size).ok()?, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_draws_the_code() {
        let code = draw("http://127.0.0.1:8080/s/abc", EcLevel::M).expect("short enough");
        assert!(code.size >= 21);
        // The finder pattern's upper edge: seven dark squares from the corner.
        assert!(code.path.starts_with("M0 0h7v1h-7z"), "{}", &code.path[..40]);
        assert_ne!(Some(code), draw("http://127.0.0.1:8080/s/abd", EcLevel::M));
        assert_eq!(draw(&"x".repeat(4000), EcLevel::L), None);
    }
}
