use std::io::{self, Write};

use super::Report;

pub(super) fn write_document(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, out);
    todo!()
}

pub(super) fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, out);
    todo!()
}
