//! `serve`: module and inputs of a job that was posted before.

use super::{load, stopped};
use crate::{
    cli::Serve,
    folder::Folder,
    serve::{Content, Server},
};
use anyhow::{Context, Result};
use std::{net::SocketAddr, sync::Arc};

pub(super) async fn serve(arguments: Serve) -> Result<()> {
    let (folder, _) = load(&arguments.folder)?;
    let (server, content) = start(folder, arguments.listen).await?;
    say!("Serving the module at {} and inputs at {} until stopped.", content.module_path(), content.bundle_path(0));
    stopped().await?;
    stop(server, &content).await
}

/// Serves what is in `folder`.
pub(super) async fn start(folder: Folder, listen: SocketAddr) -> Result<(Server, Arc<Content>)> {
    let content = Content::of(folder);
    let server = Server::start(content.clone(), listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: does another program?"))?;
    say!("Listening on {}.", server.address());
    Ok((server, content))
}

/// Lets open requests finish.
pub(super) async fn stop(server: Server, content: &Content) -> Result<()> {
    server.stop().await?;
    say!("Sent {} bytes.", content.sent());
    Ok(())
}
