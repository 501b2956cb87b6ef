//! `dispatcher serve`.

use std::path::Path;

use gradphoto_shared::{Result, shutdown};

use crate::config::ServeArgs;
use crate::serve;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher key new school-1 --keys /etc/gradphoto/keys
  dispatcher serve --keys /etc/gradphoto/keys --listen 0.0.0.0:8080 --redis redis://redis:6379
  dispatcher serve --open                      # on this machine alone, without keys
  dispatcher serve --keys keys --store s3://photos --s3-endpoint http://127.0.0.1:9000";

pub(super) type Args = ServeArgs;

pub(super) fn run(args: &Args, home: &Path) -> Result<()> {
    let config = args.check(home)?;
    super::runtime(None)?.block_on(async {
        let shutdown = shutdown::on_signal()?;
        let listener = serve::bind(&config).await?;
        serve::run(config, listener, shutdown).await
    })
}
