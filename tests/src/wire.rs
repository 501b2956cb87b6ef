//! A wire between a process and a server that can be cut, frozen, slowed and healed.
//!
//! It runs on a thread of its own, so that a test which blocks does not stop what passes.

mod end;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;

use end::{Listener, Place, Stream};

/// Most bytes that pass in one piece.
const PIECE_BYTES: usize = 16 * 1024;
/// Pause before a place that is still taken is listened on again.
const BIND_PAUSE: Duration = Duration::from_millis(20);

/// How things pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// At once.
    Free,
    /// Each piece of at most 16 KiB after `pause`, and no more than `bytes_per_second` in each direction.
    Slow {
        /// What every piece waits.
        pause: Duration,
        /// Bytes in a second.
        bytes_per_second: u32,
    },
    /// Not at all, while connections stay and new ones are taken: half open. What was on its way arrives
    /// once the wire is healed.
    Frozen,
    /// Not at all: new connections are refused, old ones are as they were.
    Refused,
}

/// A wire to one server. Gone with its owner.
#[derive(Debug)]
pub struct Wire {
    place: Place,
    control: watch::Sender<Control>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// What the owner wants.
#[derive(Clone, Copy, Debug)]
struct Control {
    passage: Passage,
    /// Cuts so far: a connection ends when there is another one.
    cuts: u64,
    closed: bool,
}

impl Wire {
    /// A wire to a server on a socket; itself listens on one in a folder of its own.
    ///
    /// # Panics
    /// When this machine has no place for it.
    #[must_use]
    pub fn to_socket(server: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place::Unix(folder.path().join("wire.sock"));
        Self::between(place, Place::Unix(server), folder)
    }

    /// A wire to a server on a port; itself listens on a free port of the loopback address.
    ///
    /// # Panics
    /// When this machine has no place for it.
    #[must_use]
    pub fn to_port(server: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::between(Place::Tcp(([127, 0, 0, 1], 0).into()), Place::Tcp(server), folder)
    }

    fn between(place: Place, server: Place, folder: TempDir) -> Self {
        let (control, wanted) = watch::channel(Control { passage: Passage::Free, cuts: 0, closed: false });
        let (tell, told) = mpsc::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(listen(place, &server, wanted, &tell));
        };
        let thread = std::thread::Builder::new().name("wire".into()).spawn(run).expect("a thread");
        let place = told.recv().expect("a wire listens at once");
        Self { place, control, thread: Some(thread), _folder: folder }
    }

    /// The address for `--redis`, where the server is a Redis.
    #[must_use]
    pub fn redis_url(&self) -> String {
        match &self.place {
            Place::Unix(path) => format!("redis+unix://{}", path.display()),
            Place::Tcp(address) => format!("redis://{address}"),
        }
    }

    /// The address of a server that speaks HTTP.
    ///
    /// # Panics
    /// When the wire leads to a socket.
    #[must_use]
    pub fn http_url(&self) -> String {
        match &self.place {
            Place::Unix(path) => panic!("{} is no port", path.display()),
            Place::Tcp(address) => format!("http://{address}"),
        }
    }

    /// Lets things pass in another way from now on.
    pub fn let_pass(&self, passage: Passage) {
        self.control.send_modify(|control| control.passage = passage);
    }

    /// Lets everything pass again.
    pub fn heal(&self) {
        self.let_pass(Passage::Free);
    }

    /// Ends every connection at once; what was on its way is lost. New ones may be made.
    pub fn cut(&self) {
        self.control.send_modify(|control| control.cuts += 1);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.control.send_modify(|control| control.closed = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes connections until the owner is gone; `tell` hears once where.
async fn listen(place: Place, server: &Place, mut wanted: watch::Receiver<Control>, tell: &mpsc::Sender<Place>) {
    let mut place = place;
    loop {
        let is_open = |control: &Control| control.closed || control.passage != Passage::Refused;
        if wanted.wait_for(is_open).await.map_or(true, |control| control.closed) {
            return;
        }
        let Ok(listener) = Listener::bind(&place) else {
            tokio::time::sleep(BIND_PAUSE).await;
            continue;
        };
        // Port 0 became a port, which is kept from now on.
        place = listener.place(place);
        let _ = tell.send(place.clone());
        let mut changes = wanted.clone();
        let is_shut = changes.wait_for(|control| control.closed || control.passage == Passage::Refused);
        tokio::pin!(is_shut);
        loop {
            tokio::select! {
                _ = &mut is_shut => break,
                client = listener.accept() => if let Ok(client) = client {
                    tokio::spawn(carry(client, server.clone(), wanted.clone()));
                }
            }
        }
    }
}

/// Carries one connection to its end.
async fn carry(client: Stream, server: Place, control: watch::Receiver<Control>) {
    let (mut cut, mut thawed) = (control.clone(), control.clone());
    let before = control.borrow().cuts;
    let is_cut = cut.wait_for(|control| control.closed || control.cuts != before);
    let carried = async {
        // A server behind a frozen wire hears nothing of a new connection.
        let _ = thawed.wait_for(|control| control.passage != Passage::Frozen).await;
        let Ok(server) = Stream::connect(&server).await else { return };
        tokio::select! {
            _ = pass(&client, &server, control.clone()) => {}
            _ = pass(&server, &client, control.clone()) => {}
        }
    };
    tokio::select! {
        () = carried => {}
        _ = is_cut => client.reset(),
    }
}

/// Passes what comes in one direction until one end closes.
async fn pass(from: &Stream, to: &Stream, mut control: watch::Receiver<Control>) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let bytes = from.read(&mut piece).await?;
        if bytes == 0 {
            return Ok(());
        }
        let passage = control.borrow().passage;
        if let Passage::Slow { pause, bytes_per_second } = passage {
            tokio::time::sleep(pause + Duration::from_secs(bytes as u64) / bytes_per_second.max(1)).await;
        }
        let _ = control.wait_for(|control| control.passage != Passage::Frozen).await;
        to.write_all(&piece[..bytes]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Instant;

    use super::*;

    /// A server that sends back what it gets.
    fn echo() -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut back = stream.try_clone().expect("a second handle");
                    let _ = io::copy(&mut &stream, &mut back);
                });
            }
        });
        address
    }

    fn call(wire: &Wire, patience: Duration) -> io::Result<std::net::TcpStream> {
        let address: SocketAddr = wire.http_url()["http://".len()..].parse().expect("an address");
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(stream)
    }

    fn ping(stream: &mut std::net::TcpStream) -> io::Result<Duration> {
        let (began, mut answer) = (Instant::now(), [0; 4]);
        stream.write_all(b"ping")?;
        stream.read_exact(&mut answer)?;
        assert_eq!(&answer, b"ping");
        Ok(began.elapsed())
    }

    #[test]
    fn a_wire_passes_freezes_slows_cuts_refuses_and_heals() {
        const SHORT: Duration = Duration::from_millis(200);
        let wire = Wire::to_port(echo());
        let mut stream = call(&wire, Duration::from_secs(20)).expect("it listens");
        ping(&mut stream).expect("it passes");

        wire.let_pass(Passage::Slow { pause: SHORT, bytes_per_second: 1_000_000 });
        assert!(ping(&mut stream).expect("it passes slowly") >= SHORT * 2);

        wire.let_pass(Passage::Frozen);
        let mut frozen = call(&wire, SHORT).expect("a frozen wire takes connections");
        assert!(ping(&mut frozen).is_err());
        wire.heal();
        let mut late = [0; 4];
        frozen.set_read_timeout(Some(Duration::from_secs(20))).expect("a lawful time");
        frozen.read_exact(&mut late).expect("what was on its way arrives");

        wire.cut();
        assert!(ping(&mut stream).is_err());
        wire.let_pass(Passage::Refused);
        let began = Instant::now();
        while call(&wire, SHORT).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(20), "it still listens");
            std::thread::sleep(Duration::from_millis(5));
        }
        wire.heal();
        while call(&wire, SHORT).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "it never listens again");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
