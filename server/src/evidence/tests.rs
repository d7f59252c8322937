//! Beats kept and judged, against a real database.
