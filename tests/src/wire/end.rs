//! The ends of a wire: sockets and ports alike, used through shared references by both directions.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Where an end of the wire is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// Takes connections.
pub(super) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens; a socket that was left behind is taken over.
    pub(super) fn bind(place: &Place) -> io::Result<Self> {
        match place {
            Place::Unix(path) => {
                let _ = std::fs::remove_file(path);
                UnixListener::bind(path).map(Self::Unix)
            }
            Place::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Self::Tcp)
            }
        }
    }

    /// Where it listens, with port 0 turned into a port.
    pub(super) fn place(&self, asked: Place) -> Place {
        match self {
            Self::Unix(_) => asked,
            Self::Tcp(listener) => listener.local_addr().map_or(asked, Place::Tcp),
        }
    }

    /// Waits for the next connection.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
            Self::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
        }
    }
}

/// One connection.
pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// Connects.
    pub(super) async fn connect(place: &Place) -> io::Result<Self> {
        match place {
            Place::Unix(path) => UnixStream::connect(path).await.map(Self::Unix),
            Place::Tcp(address) => TcpStream::connect(address).await.map(Self::Tcp),
        }
    }

    /// Waits for bytes; none at the end.
    pub(super) async fn read(&self, piece: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Unix(stream) => {
                    stream.readable().await?;
                    stream.try_read(piece)
                }
                Self::Tcp(stream) => {
                    stream.readable().await?;
                    stream.try_read(piece)
                }
            };
            match read {
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }

    /// Writes everything.
    pub(super) async fn write_all(&self, mut piece: &[u8]) -> io::Result<()> {
        while !piece.is_empty() {
            let written = match self {
                Self::Unix(stream) => {
                    stream.writable().await?;
                    stream.try_write(piece)
                }
                Self::Tcp(stream) => {
                    stream.writable().await?;
                    stream.try_write(piece)
                }
            };
            match written {
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {}
                written => piece = &piece[written?..],
            }
        }
        Ok(())
    }

    /// Lets the other end see a reset where it would see a proper end.
    pub(super) fn reset(&self) {
        if let Self::Tcp(stream) = self {
            let _ = stream.set_zero_linger();
        }
    }
}
