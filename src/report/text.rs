use std::io::{self, Write};

use super::{Options, Report};

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let _ = (report, options, out);
    todo!()
}
