//! A TCP connection that another runtime can take over.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A TCP connection that can be moved to another runtime, also from within TLS.
#[derive(Debug)]
pub struct Movable(
    /// `None` once a move has failed.
    Option<TcpStream>,
);

impl From<TcpStream> for Movable {
    fn from(tcp: TcpStream) -> Self {
        Self(Some(tcp))
    }
}

impl Movable {
    /// Has the runtime that this is called within watch over the connection from now on.
    ///
    /// # Errors
    /// When the kernel refuses; then the connection is closed.
    pub fn settle(&mut self) -> io::Result<()> {
        if let Some(tcp) = self.0.take() {
            self.0 = Some(TcpStream::from_std(tcp.into_std()?)?);
        }
        Ok(())
    }

    fn tcp(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let tcp = self.0.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Pin::new(tcp))
    }
}

impl AsyncRead for Movable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.tcp()?.poll_read(cx, into)
    }
}

impl AsyncWrite for Movable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.tcp()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tcp()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp()?.poll_shutdown(cx)
    }
}
