//! Serves the explorer's page, if it was built, beside the chain that it shows.

use crate::{binaries, ports};
use anyhow::Context;
use axum::Router;
use std::net::Ipv4Addr;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::services::ServeDir;

/// The page, served on this machine until it is dropped.
#[derive(Debug)]
pub struct Explorer {
    url: String,
    task: JoinHandle<()>,
}

impl Explorer {
    /// Serves it; `None` if it was not built.
    pub async fn serve() -> anyhow::Result<Option<Self>> {
        let Some(folder) = binaries::explorer()? else { return Ok(None) };
        let port = ports::free()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("cannot serve the explorer")?;
        let page = Router::new().fallback_service(ServeDir::new(folder));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, page).await {
                eprintln!("The explorer is not served any more: {error}");
            }
        });
        Ok(Some(Self { url: format!("http://127.0.0.1:{port}/"), task }))
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it shows the chain of the node at `node`.
    pub fn url_of(&self, node: &str) -> String {
        format!("{}?node={node}", self.url)
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
