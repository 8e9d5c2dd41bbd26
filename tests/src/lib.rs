//! What the end-to-end tests share: a real node in this process, and real peers.
#![allow(
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

pub mod coturn;
pub mod relay;
pub mod tls;
pub mod turnserver;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use isession_node::{
    Clock, Config, ManualClock, NewAgent, NewSite, Node, PolicyLists, Preconnect, SystemClock,
};
use isession_protocol::Timestamp;
use isession_protocol::bounded::Name;
use isession_protocol::ids::{SiteId, VisitorId};
use isession_protocol::signaling::{
    Details, FromAgent, FromVisitor, Path, RingEnd, ToAgent, VisitorCard,
};
use isession_sdk::{
    Agent, AgentEvent, AgentOptions, Session, SessionEvent, Visitor, VisitorEvent, VisitorOptions,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

/// Every test agent's password.
pub const PASSWORD: &str = "correct horse battery";

/// A node with the site `shop` and the agents `ada` and `ben`, and a database of its own.
#[derive(Debug)]
pub struct Lab {
    node: Option<Node>,
    config: Config,
    clock: Arc<dyn Clock>,
    folder: PathBuf,
}

impl Lab {
    /// A node that keeps real time.
    pub async fn start() -> Self {
        Self::with(|_| {}, Arc::new(SystemClock)).await
    }

    /// A node whose time stands still until the test moves it.
    pub async fn with_manual_clock() -> (Self, ManualClock) {
        let clock = ManualClock::starting_at(Timestamp::from_millis(1_795_500_000_000));
        (Self::with(|_| {}, Arc::new(clock.clone())).await, clock)
    }

    /// A node with another configuration.
    pub async fn with(change: impl FnOnce(&mut Config), clock: Arc<dyn Clock>) -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder for the database");
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            database: folder.join("isession.db"),
            ..Config::default()
        };
        config.turn.listen = ([127, 0, 0, 1], 0).into();
        // Tests ask for the figures until they are as wanted.
        config.limits.requests_per_minute = u32::MAX;
        change(&mut config);
        let node = Node::start(config.clone(), Arc::clone(&clock))
            .await
            .expect("the node starts");
        config.listen = node.address();
        let lab = Self {
            node: Some(node),
            config,
            clock,
            folder,
        };
        lab.furnish().await;
        lab
    }

    /// Gives a new database the site and the agents.
    async fn furnish(&self) {
        let site = NewSite {
            id: site(),
            name: Name::truncated("The Shop"),
            origins: vec!["https://shop.example".to_owned()],
            development: false,
            lists: PolicyLists::new(),
            destinations: Vec::new(),
            preconnect: Preconnect::default(),
            retention: Duration::ZERO,
        };
        let accounts = self.node().accounts();
        accounts.add_site(site).await.expect("a site");
        for login in ["ada", "ben"] {
            self.add_agent(login).await;
        }
    }

    /// Makes one more agent's account.
    pub async fn add_agent(&self, login: &str) {
        let agent = NewAgent {
            login: login.to_owned(),
            name: Name::truncated(login),
            capacity: 3,
            sites: Vec::new(),
            departments: Vec::new(),
        };
        let accounts = self.node().accounts();
        accounts.add_agent(agent, PASSWORD).await.expect("an agent");
    }

    /// The running node.
    pub fn node(&self) -> &Node {
        self.node.as_ref().expect("the node runs")
    }

    /// Stops the node as an operator would, and starts it again on the same port and database.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// The same, with a database that has forgotten everything.
    pub async fn forget(&mut self) {
        self.stop().await;
        std::fs::remove_dir_all(&self.folder).expect("the database was there");
        std::fs::create_dir_all(&self.folder).expect("a folder for the database");
        self.start_again().await;
        self.furnish().await;
    }

    /// Stops the node as an operator would.
    pub async fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop().await;
        }
    }

    /// Starts it again on the same port and database.
    pub async fn start_again(&mut self) {
        let started = Node::start(self.config.clone(), Arc::clone(&self.clock)).await;
        self.node = Some(started.expect("the node starts again"));
    }

    /// The node's address.
    pub fn url(&self) -> Url {
        let scheme = self.config.tls.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}", self.config.listen)
            .parse()
            .expect("an address")
    }

    /// Options of a visitor to the shop.
    pub fn visitor_options(&self) -> VisitorOptions {
        VisitorOptions::new(self.url(), site())
    }

    /// A visitor who has joined the queue.
    pub async fn visitor(&self) -> Visitor {
        Visitor::join(self.visitor_options())
            .await
            .expect("a visitor joins")
    }

    /// An available agent.
    pub async fn agent(&self, login: &str) -> Agent {
        self.agent_with(login, false).await
    }

    /// An available agent, perhaps only by relayed paths.
    pub async fn agent_with(&self, login: &str, relay_only: bool) -> Agent {
        self.sign_in(AgentOptions {
            available: true,
            relay_only,
            ..AgentOptions::new(self.url(), login, PASSWORD)
        })
        .await
    }

    /// An agent with options of its own.
    pub async fn sign_in(&self, options: AgentOptions) -> Agent {
        let mut agent = Agent::sign_in(options).await.expect("an agent signs in");
        while !matches!(agent_event(&mut agent).await, AgentEvent::Welcome { .. }) {}
        agent
    }

    /// The metrics in text form.
    pub async fn metrics(&self) -> String {
        match &self.config.tls {
            None => http(&self.url(), "GET", "/metrics", "", "").await,
            Some(files) => {
                let tls = tls::connect_trusting(self.config.listen, &files.certificate).await;
                http_on(tls, &self.url(), "GET", "/metrics", "", "").await
            }
        }
    }

    /// Waits until a metric is as wanted.
    pub async fn until_metric(&self, name: &str, wanted: impl Fn(f64) -> bool) {
        loop {
            let metrics = self.metrics().await;
            let value = metrics
                .lines()
                .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            if value.is_some_and(&wanted) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The metric of live allocations whose clients came by udp, tcp or tls.
pub fn live(transport: &str) -> String {
    format!(r#"isession_turn_allocations_live{{transport="{transport}"}}"#)
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The test site.
pub fn site() -> SiteId {
    "shop".parse().expect("a site id")
}

/// The next event of an agent.
pub async fn agent_event(agent: &mut Agent) -> AgentEvent {
    agent
        .next_event()
        .await
        .expect("the agent's connection lives")
}

/// The next event of a visitor.
pub async fn visitor_event(visitor: &mut Visitor) -> VisitorEvent {
    visitor.next_event().await.expect("the visit goes on")
}

/// The next event of a session.
pub async fn session_event(session: &mut Session) -> SessionEvent {
    session.next_event().await.expect("the session goes on")
}

/// Waits until somebody rings.
pub async fn rings(agent: &mut Agent) -> VisitorId {
    loop {
        if let AgentEvent::Ring { visitor, .. } = agent_event(agent).await {
            return visitor;
        }
    }
}

/// Waits until a ring ends.
pub async fn ring_ends(agent: &mut Agent) -> RingEnd {
    loop {
        if let AgentEvent::RingEnded { reason, .. } = agent_event(agent).await {
            return reason;
        }
    }
}

/// Waits until the agent has a session.
pub async fn agents_session(agent: &mut Agent) -> (VisitorCard, Session) {
    loop {
        if let AgentEvent::Accepted { visitor, session } = agent_event(agent).await {
            return (visitor, session);
        }
    }
}

/// Waits until the visitor has a session.
pub async fn visitors_session(visitor: &mut Visitor) -> Session {
    loop {
        if let VisitorEvent::Accepted { session, .. } = visitor_event(visitor).await {
            return session;
        }
    }
}

/// Waits for a place in the queue.
pub async fn place(visitor: &mut Visitor) -> isession_protocol::signaling::QueuePlace {
    loop {
        if let VisitorEvent::Queue(place) = visitor_event(visitor).await {
            return place;
        }
    }
}

/// The agent accepts whoever rings; both have their session.
pub async fn accept(agent: &mut Agent, visitor: &mut Visitor) -> (Session, Session) {
    let ringing = rings(agent).await;
    agent.accept(ringing).await.expect("the agent accepts");
    let (_, agents) = agents_session(agent).await;
    (agents, visitors_session(visitor).await)
}

/// Waits until the channel is open.
pub async fn opens(session: &mut Session) -> Path {
    loop {
        if let SessionEvent::Open { path } = session_event(session).await {
            return path;
        }
    }
}

/// Waits until the channel goes this way: what connected while it rang may go by a relay first.
pub async fn opens_by(session: &mut Session, path: Path) {
    while opens(session).await != path {}
}

/// Waits for a message.
pub async fn hears(session: &mut Session) -> String {
    loop {
        if let SessionEvent::Message { text, .. } = session_event(session).await {
            return text;
        }
    }
}

/// A plain HTTP request on its own connection; gives back the whole answer.
pub async fn http(node: &Url, method: &str, path: &str, headers: &str, body: &str) -> String {
    let tcp = TcpStream::connect(authority(node))
        .await
        .expect("the node listens");
    http_on(tcp, node, method, path, headers, body).await
}

/// The same on a connection that is there already.
pub async fn http_on(
    mut io: impl AsyncRead + AsyncWrite + Unpin,
    node: &Url,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = authority(node);
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    io.write_all(request.as_bytes())
        .await
        .expect("the node reads");
    let mut answer = String::new();
    io.read_to_string(&mut answer)
        .await
        .expect("the node answers");
    answer
}

fn authority(node: &Url) -> String {
    format!(
        "{}:{}",
        node.host_str().unwrap_or_default(),
        node.port_or_known_default().unwrap_or(80)
    )
}

/// A WebSocket that says only what the test says.
pub type Ws<S = TcpStream> = tokio_tungstenite::WebSocketStream<S>;

/// A visitor's socket before hello, opened by a page of this origin.
pub async fn raw_visitor(
    node: &Url,
    origin: Option<&str>,
) -> Result<Ws, tokio_tungstenite::tungstenite::Error> {
    let header = origin.map(|origin| ("origin", origin));
    raw(tcp(node), node, "/v1/visitor", header).await
}

/// The same over TLS.
pub async fn raw_visitor_on<S>(io: S, node: &Url) -> Ws<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    raw(std::future::ready(io), node, "/v1/visitor", None)
        .await
        .expect("the visitor is let in")
}

async fn tcp(node: &Url) -> TcpStream {
    TcpStream::connect(authority(node))
        .await
        .expect("the node listens")
}

/// An agent's socket before hello.
pub async fn raw_agent(node: &Url, login: &str) -> Ws {
    let body = format!(r#"{{"login":"{login}","password":"{PASSWORD}","bearer":true}}"#);
    let json = "Content-Type: application/json\r\n";
    let answer = http(node, "POST", "/v1/login", json, &body).await;
    let (_, token) = answer.split_once(r#""token":""#).expect("a token");
    let (token, _) = token.split_once('"').expect("a token");
    let bearer = format!("Bearer {token}");
    raw(
        tcp(node),
        node,
        "/v1/agent",
        Some(("authorization", &bearer)),
    )
    .await
    .expect("the agent is let in")
}

/// A visitor's socket after hello.
pub async fn visitor_there(node: &Url) -> Ws {
    let mut ws = raw_visitor(node, None)
        .await
        .expect("the visitor is let in");
    let hello = FromVisitor::Hello {
        site: site(),
        ticket: None,
        details: Details::default(),
    };
    says(&mut ws, &hello).await;
    ws
}

/// An agent's socket after welcome.
pub async fn agent_there(node: &Url, login: &str) -> Ws {
    let mut ws = raw_agent(node, login).await;
    let hello = FromAgent::Hello {
        available: true,
        tickets: Vec::new(),
    };
    says(&mut ws, &hello).await;
    told(&mut ws, |frame| {
        matches!(frame, ToAgent::Welcome { .. }).then_some(())
    })
    .await;
    ws
}

async fn raw<S: AsyncRead + AsyncWrite + Unpin>(
    io: impl Future<Output = S>,
    node: &Url,
    path: &str,
    header: Option<(&'static str, &str)>,
) -> Result<Ws<S>, tokio_tungstenite::tungstenite::Error> {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::http::HeaderValue;
    let address = format!("ws://{}{path}", authority(node));
    let mut request = address.into_client_request()?;
    let headers = request.headers_mut();
    let subprotocol = HeaderValue::from_static(isession_protocol::SUBPROTOCOL);
    headers.insert("sec-websocket-protocol", subprotocol);
    if let Some((name, value)) = header {
        headers.insert(name, HeaderValue::from_str(value).expect("a header"));
    }
    let io = io.await;
    let (ws, _) = tokio_tungstenite::client_async(request, io).await?;
    Ok(ws)
}

/// Says one frame on a raw socket.
pub async fn says<S, T>(ws: &mut Ws<S>, frame: &T)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: serde::Serialize,
{
    use futures_util::SinkExt;
    let text = isession_protocol::encode(frame);
    ws.send(tokio_tungstenite::tungstenite::Message::text(text))
        .await
        .expect("the node reads");
}

/// The next frame on a raw socket in which `wanted` finds something; the others are passed over.
pub async fn told<S, T, W>(ws: &mut Ws<S>, wanted: impl Fn(T) -> Option<W>) -> W
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: serde::de::DeserializeOwned,
{
    use futures_util::StreamExt;
    loop {
        let message = ws.next().await.expect("an open socket").expect("a frame");
        let frame = message.to_text().ok();
        if let Some(found) = frame
            .and_then(|text| serde_json::from_str(text).ok())
            .and_then(&wanted)
        {
            return found;
        }
    }
}

/// The program, which `cargo xtask test` builds before the tests run.
pub fn isession() -> PathBuf {
    let mut folder = std::env::current_exe().expect("this test's path");
    while folder
        .file_name()
        .is_some_and(|name| name != "debug" && name != "release")
    {
        folder.pop();
    }
    folder.join("isession")
}
